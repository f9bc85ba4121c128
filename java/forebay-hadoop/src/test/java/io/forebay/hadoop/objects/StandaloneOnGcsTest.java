package io.forebay.hadoop.objects;

import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;

import java.net.URI;
import org.apache.hadoop.conf.Configuration;
import org.junit.Test;

/** The file system on Google's store, as fake-gcs-server speaks its protocol. */
public class StandaloneOnGcsTest extends StandaloneOnStores {

  @Override
  URI root() {
    return URI.create("gs://" + StoreServer.BUCKET);
  }

  @Override
  void configure(Configuration conf) throws Exception {
    conf.set("fs.gs.storage.root.url", "http://127.0.0.1:" + StoreServer.google().port + "/");
    conf.set("fs.gs.auth.type", "UNAUTHENTICATED");
    conf.set("fs.gs.outputstream.upload.chunk.size", String.valueOf(PART));
    conf.set("fs.gs.http.max.retry", "1");
  }

  @Test
  public void parts_in_any_order_are_refused() throws Exception {
    assertFalse(files.hasPathCapability(folder, "fs.capability.multipart.uploader"));
    assertThrows(UnsupportedOperationException.class, () -> files.createMultipartUploader(folder));
  }
}
