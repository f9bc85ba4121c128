package io.forebay.tool;

import static org.junit.Assert.assertEquals;

import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.Test;

public class JsonTest {

  @Test
  public void whateverAKeyHoldsIsOneString() {
    Map<String, Object> value = new LinkedHashMap<>();
    value.put("a\"\\\n\u0001", "\u2028\ud83d\ude00\u007fü/");
    value.put("list", Arrays.asList(1L, null, true, Collections.emptyMap(), Collections.emptyList()));
    assertEquals(
        "{\"a\\\"\\\\\\u000a\\u0001\": \"\\u2028\\ud83d\\ude00\\u007fü/\", \"list\": [1, null, true, {}, []]}",
        Json.of(value));
  }
}
