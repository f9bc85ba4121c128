package io.forebay.hadoop.s3a;

import java.io.IOException;
import java.io.UnsupportedEncodingException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Secrets that are told apart at sight, and every form in which they could have slipped out. */
final class Canaries {

  static final String SESSION_TOKEN = "CanaryToken/7f3a+Session==";
  static final String WRONG_SECRET = "CanaryWrong/7f3a+Secret=";
  static final String USER = "canaryuser7f3a";
  static final String PASSWORD = "canarypassword7f3a";
  static final String SIGNATURE = "canarysignature7f3a";
  /** 32 bytes in base64, as SSE-C wants its key. */
  static final String ENCRYPTION_KEY =
      Base64.getEncoder().encodeToString("canary-encryption-key-7f3a-01234".getBytes(StandardCharsets.UTF_8));

  private static final String[] ALL = {S3Server.CANARY_ACCESS_KEY, S3Server.CANARY_SECRET_KEY, SESSION_TOKEN,
    WRONG_SECRET, USER, PASSWORD, SIGNATURE, ENCRYPTION_KEY, "canary-encryption-key-7f3a-01234"};

  /** What to look for, and what it is. */
  private final Map<String, String> forms = new LinkedHashMap<>();

  Canaries() throws UnsupportedEncodingException {
    for (String canary : ALL) {
      byte[] bytes = canary.getBytes(StandardCharsets.UTF_8);
      forms.put(canary, canary + " as it is");
      forms.put(URLEncoder.encode(canary, "UTF-8"), canary + " in a URL");
      StringBuilder hex = new StringBuilder();
      for (byte one : bytes) {
        hex.append(String.format("%02x", one));
      }
      forms.put(hex.toString(), canary + " in hexadecimal");
      forms.put(hex.toString().toUpperCase(Locale.ROOT), canary + " in hexadecimal");
      // In the midst of other text base64 depends on where it began; its ends, on what stands beside it.
      for (int before = 0; before < 3; before++) {
        byte[] shifted = new byte[before + bytes.length];
        System.arraycopy(bytes, 0, shifted, before, bytes.length);
        String encoded = Base64.getEncoder().withoutPadding().encodeToString(shifted);
        String inner = encoded.substring(before == 0 ? 0 : before + 1, encoded.length() - 2);
        forms.put(inner, canary + " in base64");
        forms.put(inner.replace('+', '-').replace('/', '_'), canary + " in base64 for URLs");
      }
    }
  }

  List<String> forms() {
    return new ArrayList<>(forms.keySet());
  }

  /** Which canaries are in {@code bytes}. */
  List<String> in(byte[] bytes) {
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    return forms.entrySet().stream().filter(form -> text.contains(form.getKey())).map(Map.Entry::getValue)
        .collect(Collectors.toList());
  }

  /** The same of all files below {@code folder}, their names and their contents, each with its file. */
  List<String> below(Path folder) throws IOException {
    List<String> found = new ArrayList<>();
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path path : all.collect(Collectors.toList())) {
        for (String canary : in(path.toString().getBytes(StandardCharsets.UTF_8))) {
          found.add(canary + ": the name " + path);
        }
        if (Files.isRegularFile(path)) {
          for (String canary : in(Files.readAllBytes(path))) {
            found.add(canary + ": " + path);
          }
        }
      }
    }
    return found;
  }
}
