package io.forebay.contract;

import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.contract.AbstractContractRenameTest;
import org.apache.hadoop.fs.contract.AbstractFSContract;
import org.apache.hadoop.fs.contract.ContractTestUtils;

/** Renaming files and directories, which a bucket copies. */
public class RenameContract extends AbstractContractRenameTest {

  @Override
  protected AbstractFSContract createContract(Configuration conf) {
    return new S3AContract(conf);
  }

  /** As S3A's own subclass of this suite: a directory is not moved into one that holds something. */
  @Override
  public void testRenameDirIntoExistingDir() throws Exception {
    Path source = path("source");
    ContractTestUtils.writeDataset(
        getFileSystem(), new Path(source, "source-256.txt"), ContractTestUtils.dataset(256, 'a', 'z'), 256, 1024, false);
    Path target = path("dest");
    Path held = new Path(target, "dest-512.txt");
    ContractTestUtils.writeDataset(
        getFileSystem(), held, ContractTestUtils.dataset(512, 'A', 'Z'), 512, 1024, false);
    rename(source, target);
    assertPathExists("what the directory held", held);
    assertPathDoesNotExist("the source within it", new Path(target, "source"));
  }
}
