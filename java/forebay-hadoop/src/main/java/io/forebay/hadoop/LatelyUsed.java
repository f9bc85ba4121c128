package io.forebay.hadoop;

import java.util.LinkedHashMap;
import java.util.Map;

/** A map that forgets what was used longest ago where it would hold too much. As unsafe with threads as any. */
public final class LatelyUsed<K, V> extends LinkedHashMap<K, V> {

  private static final long serialVersionUID = 1L;

  private final int most;

  /**
   * @param most how many entries it holds
   */
  public LatelyUsed(int most) {
    super(16, 0.75f, true);
    this.most = most;
  }

  @Override
  protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
    return size() > most;
  }
}
