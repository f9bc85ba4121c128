package io.forebay.contract;

import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.contract.AbstractContractMultipartUploaderTest;
import org.apache.hadoop.fs.contract.AbstractFSContract;

/** Files written in parts by several writers; the answers are those of S3A's own subclass of this suite. */
public class MultipartUploaderContract extends AbstractContractMultipartUploaderTest {

  /** The smallest part that S3 takes. */
  private static final int PART = 5 << 20;

  @Override
  protected AbstractFSContract createContract(Configuration conf) {
    return new S3AContract(conf);
  }

  @Override
  protected int partSizeInBytes() {
    return PART;
  }

  @Override
  protected int getTestPayloadCount() {
    return 3;
  }

  @Override
  protected boolean supportsConcurrentUploadsToSamePath() {
    return true;
  }

  @Override
  protected boolean finalizeConsumesUploadIdImmediately() {
    return true;
  }
}
