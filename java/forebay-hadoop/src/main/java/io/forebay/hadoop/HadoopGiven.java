package io.forebay.hadoop;

import java.util.Map;
import org.apache.hadoop.conf.Configuration;

/** Hadoop's configuration. */
public final class HadoopGiven implements Given {

  private final Configuration conf;

  public HadoopGiven(Configuration conf) {
    this.conf = conf;
  }

  @Override
  public String get(String key) {
    return conf.getTrimmed(key);
  }

  @Override
  public Map<String, String> withPrefix(String prefix) {
    return conf.getPropsWithPrefix(prefix);
  }
}
