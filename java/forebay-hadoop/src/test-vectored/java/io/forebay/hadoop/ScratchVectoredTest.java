package io.forebay.hadoop;

import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.contract.AbstractContractVectoredReadTest;
import org.apache.hadoop.fs.contract.AbstractFSContract;

/** Hadoop's suite of vectored reads over local files through Forebay. */
public class ScratchVectoredTest extends AbstractContractVectoredReadTest {

  public ScratchVectoredTest(String bufferType) {
    super(bufferType);
  }

  @Override
  protected AbstractFSContract createContract(Configuration conf) {
    return new ScratchContract(conf);
  }
}
