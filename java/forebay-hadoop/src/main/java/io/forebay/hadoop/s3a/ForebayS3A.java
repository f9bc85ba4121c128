package io.forebay.hadoop.s3a;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.DelegateToFileSystem;

/**
 * The same reads for {@code FileContext}, which looks past {@code fs.s3a.impl}: set {@code
 * fs.AbstractFileSystem.s3a.impl} to this class. It is S3A's own binding but for the file system it makes.
 */
public class ForebayS3A extends DelegateToFileSystem {

  /** As Hadoop calls it. */
  public ForebayS3A(URI name, Configuration conf) throws IOException, URISyntaxException {
    super(name, new ForebayS3AFileSystem(), conf, name.getScheme() == null ? "s3a" : name.getScheme(), false);
  }

  @Override
  public String toString() {
    return "Forebay for FileContext over " + fsImpl;
  }

  /** Nobody closes a FileContext; S3A's binding closes its file system here too. */
  @Override
  protected void finalize() throws Throwable {
    try {
      fsImpl.close();
    } finally {
      super.finalize();
    }
  }
}
