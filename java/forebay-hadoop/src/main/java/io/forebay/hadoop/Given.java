package io.forebay.hadoop;

import java.util.Map;

/**
 * A configuration as far as Forebay's choices ask for it: Hadoop's own, or what the operator's tool has read from
 * files. Names no type of Hadoop, so that the tool runs without it.
 */
public interface Given {

  /** The value of {@code key}, trimmed and with its variables replaced; null where it isn't set. */
  String get(String key);

  /** Every property whose key begins with {@code prefix}, which is taken off. */
  Map<String, String> withPrefix(String prefix);

  /** The value of {@code key}, or {@code otherwise} where it isn't set. */
  default String get(String key, String otherwise) {
    String value = get(key);
    return value == null ? otherwise : value;
  }

  /** As Hadoop reads a boolean: anything but true and false is {@code otherwise}. */
  default boolean isTrue(String key, boolean otherwise) {
    String value = get(key, "");
    return value.equalsIgnoreCase("true") || (otherwise && !value.equalsIgnoreCase("false"));
  }
}
