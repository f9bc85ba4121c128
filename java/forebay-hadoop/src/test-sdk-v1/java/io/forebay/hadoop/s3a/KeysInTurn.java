package io.forebay.hadoop.s3a;

import com.amazonaws.auth.AWSCredentials;
import com.amazonaws.auth.AWSCredentialsProvider;
import com.amazonaws.auth.BasicAWSCredentials;

/** A provider whose keys a test replaces while they are in use; for the AWS SDK that Hadoop 3.3 is built on. */
public final class KeysInTurn implements AWSCredentialsProvider {

  private static volatile AWSCredentials keys;

  static void take(String access, String secret) {
    keys = new BasicAWSCredentials(access, secret);
  }

  @Override
  public AWSCredentials getCredentials() {
    return keys;
  }

  @Override
  public void refresh() {}
}
