package io.forebay.contract;

import java.io.EOFException;
import java.util.Collections;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileRange;
import org.apache.hadoop.fs.contract.AbstractContractVectoredReadTest;
import org.apache.hadoop.fs.contract.AbstractFSContract;
import org.apache.hadoop.test.LambdaTestUtils;
import org.apache.hadoop.util.VersionInfo;
import org.junit.Test;

/**
 * Vectored reads, into buffers of both kinds; Hadoop has them since 3.3.5. What S3A does otherwise than Hadoop 3.3's
 * suite asks, S3A's own subclass of that suite overrides; so does this one, for all arms alike.
 */
public class VectoredReadContract extends AbstractContractVectoredReadTest {

  private static final boolean IS_3_3 = VersionInfo.getVersion().startsWith("3.3.");

  public VectoredReadContract(String bufferType) {
    super(bufferType);
  }

  @Override
  protected AbstractFSContract createContract(Configuration conf) {
    return new S3AContract(conf);
  }

  /** S3A knows the length and refuses at once; Hadoop 3.3's suite expects the range's future to fail. */
  @Test
  @Override
  public void testEOFRanges() throws Exception {
    if (IS_3_3) {
      refuses(EOFException.class, Collections.singletonList(FileRange.createFileRange(DATASET_LEN, 100)));
    } else {
      super.testEOFRanges();
    }
  }

  /** Hadoop 3.3's suite expects overlapping ranges to be read. S3A never did, and nor does the suite of 3.4. */
  @Test
  @Override
  public void testOverlappingRanges() throws Exception {
    if (IS_3_3) {
      refuses(UnsupportedOperationException.class, getSampleOverlappingRanges());
    } else {
      super.testOverlappingRanges();
    }
  }

  @Test
  @Override
  public void testSameRanges() throws Exception {
    if (IS_3_3) {
      refuses(UnsupportedOperationException.class, getSampleSameRanges());
    } else {
      super.testSameRanges();
    }
  }

  private void refuses(Class<? extends Exception> refusal, List<FileRange> ranges) throws Exception {
    try (FSDataInputStream in = getFileSystem().open(path(VECTORED_READ_FILE_NAME))) {
      LambdaTestUtils.intercept(refusal, () -> in.readVectored(ranges, getAllocate()));
    }
  }
}
