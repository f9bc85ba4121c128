package io.forebay.hadoop.s3a;

import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;

/** A provider whose keys a test replaces while they are in use; for the AWS SDK that Hadoop 3.4 is built on. */
public final class KeysInTurn implements AwsCredentialsProvider {

  private static volatile AwsCredentials keys;

  static void take(String access, String secret) {
    keys = AwsBasicCredentials.create(access, secret);
  }

  @Override
  public AwsCredentials resolveCredentials() {
    return keys;
  }
}
