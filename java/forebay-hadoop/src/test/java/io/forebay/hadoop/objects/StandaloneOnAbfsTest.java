package io.forebay.hadoop.objects;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.util.Base64;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.junit.Test;

/** The file system on Azure's store, as Azurite speaks its protocol. */
public class StandaloneOnAbfsTest extends StandaloneOnStores {

  private static final String HOST = StoreServer.ACCOUNT + ".dfs.core.windows.net";

  @Override
  URI root() {
    return URI.create("abfs://" + StoreServer.BUCKET + "@" + HOST);
  }

  @Override
  void configure(Configuration conf) throws Exception {
    conf.set("fs.azure.abfs.endpoint", "127.0.0.1:" + StoreServer.azure().port);
    conf.set("fs.azure.always.use.https", "false");
    conf.set("fs.azure.account.key." + HOST, StoreServer.KEY);
    conf.set("fs.azure.write.request.size", String.valueOf(PART));
    conf.set("fs.azure.io.retry.max.retries", "1");
  }

  @Test
  public void a_wrong_key_is_denied() throws Exception {
    String wrong = Base64.getEncoder().encodeToString("wrong".getBytes(StandardCharsets.US_ASCII));
    FileSystem denied = open("fs.azure.account.key." + HOST, wrong);
    AccessDeniedException failure = assertThrows(AccessDeniedException.class, () -> denied.getFileStatus(folder));
    assertFalse(failure.getMessage(), failure.getMessage().contains(wrong));
  }

  @Test
  public void a_marker_is_no_file_and_a_file_no_marker() throws Exception {
    Path directory = new Path(folder, "d");
    files.mkdirs(directory);
    assertTrue(files.getFileStatus(directory).isDirectory());
    assertEquals(0, below(files, folder).size());
    Path file = new Path(folder, "f");
    write(files, file, true, content(10, 1));
    files.delete(file, true);
    files.delete(directory, true);
    write(files, directory, false, content(20, 2));
    assertArrayEquals(content(20, 2), read(files, directory));
  }
}
