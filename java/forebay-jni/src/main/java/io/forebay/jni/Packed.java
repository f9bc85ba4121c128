package io.forebay.jni;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.math.BigInteger;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** The library as the jar carries it, with the SHA-256 by which a copy of it is recognised. */
final class Packed {

  private static final String PLACE = "/META-INF/native/" + Platform.NAME + "/libforebay.so";

  private final URL content;
  private final String sha256;

  Packed(URL content, String sha256) {
    this.content = content;
    this.sha256 = sha256;
  }

  static Packed inJar() throws NativeUnavailableException {
    URL content = Packed.class.getResource(PLACE);
    try (InputStream digest = Packed.class.getResourceAsStream(PLACE + ".sha256")) {
      if (content != null && digest != null) {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        copy(digest, text);
        return new Packed(content, new String(text.toByteArray(), StandardCharsets.US_ASCII).trim());
      }
    } catch (IOException e) {
      throw new NativeUnavailableException("the jar cannot be read: " + e.getMessage(), "install it again");
    }
    throw new NativeUnavailableException("the jar carries no library for " + Platform.NAME,
        "install the jar that was built for this platform");
  }

  /** Of the library, in lower-case hexadecimal. */
  String sha256() {
    return sha256;
  }

  InputStream open() throws IOException {
    return content.openStream();
  }

  /** Whether {@code file} holds exactly the library. */
  boolean isIn(Path file) throws IOException {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IOException("this JVM has no SHA-256", e);
    }
    try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
      byte[] buffer = new byte[1 << 16];
      while (in.read(buffer) >= 0) {
        continue;
      }
    }
    return String.format("%064x", new BigInteger(1, digest.digest())).equals(sha256);
  }

  static void copy(InputStream from, OutputStream into) throws IOException {
    byte[] buffer = new byte[1 << 16];
    for (int n = from.read(buffer); n >= 0; n = from.read(buffer)) {
      into.write(buffer, 0, n);
    }
  }
}
