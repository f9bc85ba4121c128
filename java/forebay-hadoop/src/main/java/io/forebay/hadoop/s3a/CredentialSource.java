package io.forebay.hadoop.s3a;

import java.io.Closeable;
import java.io.IOException;

/** Where the keys come from that requests are signed with. */
public interface CredentialSource extends Closeable {

  /** Asks for them, as S3A does before each request. */
  Credentials resolve() throws IOException;

  /** Has whoever is asked forget what is remembered, where that can be. */
  void refresh();

  @Override
  void close();
}
