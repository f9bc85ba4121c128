package io.forebay.contract;

import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.contract.AbstractContractOpenTest;
import org.apache.hadoop.fs.contract.AbstractFSContract;

/** Opening, and the first reads after it. */
public class OpenContract extends AbstractContractOpenTest {

  @Override
  protected AbstractFSContract createContract(Configuration conf) {
    return new S3AContract(conf);
  }

  /** S3A says so of every file, and of empty ones too. */
  @Override
  protected boolean areZeroByteFilesEncrypted() {
    return true;
  }
}
