package io.forebay.hadoop.hdfs;

import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.contract.AbstractContractVectoredReadTest;
import org.apache.hadoop.fs.contract.AbstractFSContract;

/** Hadoop's suite of vectored reads over HDFS through Forebay. */
public class HdfsVectoredTest extends AbstractContractVectoredReadTest {

  public HdfsVectoredTest(String bufferType) {
    super(bufferType);
  }

  @Override
  protected AbstractFSContract createContract(Configuration conf) {
    return new HdfsContract(conf);
  }
}
