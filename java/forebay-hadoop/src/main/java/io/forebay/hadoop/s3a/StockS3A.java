package io.forebay.hadoop.s3a;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.hadoop.fs.impl.OpenFileParameters;

/** S3A as it is without Forebay. */
interface StockS3A {

  FileStatus status(Path path) throws IOException;

  /** The statuses in a directory; one LIST brings a page of them when the first is asked for. */
  RemoteIterator<FileStatus> list(Path directory) throws IOException;

  /** Sends no request where the parameters carry a status of S3A's own; the stream sends none before it is read. */
  CompletableFuture<FSDataInputStream> open(Path path, OpenFileParameters parameters) throws IOException;
}
