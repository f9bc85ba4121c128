package io.forebay.contract;

import java.util.Arrays;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.contract.AbstractContractStreamIOStatisticsTest;
import org.apache.hadoop.fs.contract.AbstractFSContract;
import org.apache.hadoop.fs.statistics.StreamStatisticNames;

/** What streams count of what passed through them. */
public class StreamIOStatisticsContract extends AbstractContractStreamIOStatisticsTest {

  @Override
  protected AbstractFSContract createContract(Configuration conf) {
    return new S3AContract(conf);
  }

  @Override
  public List<String> outputStreamStatisticKeys() {
    return Arrays.asList(
        StreamStatisticNames.STREAM_WRITE_BYTES,
        StreamStatisticNames.STREAM_WRITE_BLOCK_UPLOADS,
        StreamStatisticNames.STREAM_WRITE_EXCEPTIONS);
  }
}
