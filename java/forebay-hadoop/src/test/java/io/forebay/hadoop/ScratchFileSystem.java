package io.forebay.hadoop;

import java.io.IOException;
import java.math.BigInteger;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.EnumSet;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.CreateFlag;
import org.apache.hadoop.fs.EtagSource;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.security.AccessControlException;
import org.apache.hadoop.util.Progressable;

/**
 * Local files below a scratch folder as a file system of a scheme of its own, whose root is that folder: nothing that a
 * test or a contract suite does to "/" reaches the machine's. Statuses carry an MD5 as ETag, unless told not to.
 */
public class ScratchFileSystem extends FileSystem {

  static final String SCHEME = "scratch";
  static final Path TOP = new Path(SCHEME + ":///");
  static final String ROOT = "test.scratch.root";
  static final String TAGS = "test.scratch.tags";
  /** Whether files may be looked at but not read. */
  static final String REFUSES = "test.scratch.refuses";

  /** How often streams were opened here, by all instances. */
  static final AtomicInteger OPENED = new AtomicInteger();

  private final Local local = new Local();
  private String root;
  private boolean tags;
  private Path working = TOP;

  @Override
  public void initialize(URI name, Configuration conf) throws IOException {
    super.initialize(name, conf);
    root = Paths.get(conf.get(ROOT)).toRealPath().toString();
    String scratch = Paths.get(System.getProperty("java.io.tmpdir")).toRealPath().toString();
    if (!root.startsWith(scratch + "/") || scratch.length() < 5) {
      throw new IOException(root + " does not lie below " + scratch + "; tests delete what is there");
    }
    tags = conf.getBoolean(TAGS, true);
    local.initialize(URI.create("file:///"), conf);
    local.countIn(statistics);
  }

  private Path inside(Path path) throws IOException {
    String name = makeQualified(path).toUri().getPath();
    if ((name + "/").contains("/../")) {
      throw new IOException(path + " leaves the scratch folder");
    }
    return new Path("file", null, root + name);
  }

  private FileStatus outside(FileStatus found) throws IOException {
    String name = found.getPath().toUri().getPath().substring(root.length());
    FileStatus plain =
        new FileStatus(found.getLen(), found.isDirectory(), 1, found.getBlockSize(), found.getModificationTime(),
            found.getAccessTime(), found.getPermission(), found.getOwner(), found.getGroup(),
            new Path(SCHEME, null, name.isEmpty() ? "/" : name));
    return tags && found.isFile() ? new Tagged(plain, md5(found.getPath())) : plain;
  }

  private static String md5(Path file) throws IOException {
    try {
      byte[] digest = MessageDigest.getInstance("MD5").digest(Files.readAllBytes(Paths.get(file.toUri().getPath())));
      return '"' + new BigInteger(1, digest).toString(16) + '"';
    } catch (NoSuchAlgorithmException e) {
      throw new IOException(e);
    }
  }

  @Override
  public String getScheme() {
    return SCHEME;
  }

  @Override
  public URI getUri() {
    return TOP.toUri();
  }

  @Override
  public FSDataInputStream open(Path path, int bufferSize) throws IOException {
    if (getConf().getBoolean(REFUSES, false)) {
      throw new AccessControlException("no right to read " + path);
    }
    FSDataInputStream in = local.open(inside(path), bufferSize);
    OPENED.incrementAndGet();
    return in;
  }

  @Override
  public FSDataOutputStream create(Path path, FsPermission permission, boolean overwrite, int bufferSize,
      short replication, long blockSize, Progressable progress) throws IOException {
    return local.create(inside(path), permission, overwrite, bufferSize, replication, blockSize, progress);
  }

  @Override
  @SuppressWarnings("deprecation")
  public FSDataOutputStream createNonRecursive(Path path, FsPermission permission, EnumSet<CreateFlag> flags,
      int bufferSize, short replication, long blockSize, Progressable progress) throws IOException {
    return local.createNonRecursive(inside(path), permission, flags, bufferSize, replication, blockSize, progress);
  }

  @Override
  public FSDataOutputStream append(Path path, int bufferSize, Progressable progress) throws IOException {
    return local.append(inside(path), bufferSize, progress);
  }

  @Override
  public boolean rename(Path from, Path to) throws IOException {
    return local.rename(inside(from), inside(to));
  }

  @Override
  public boolean delete(Path path, boolean recursive) throws IOException {
    return local.delete(inside(path), recursive);
  }

  @Override
  public FileStatus[] listStatus(Path path) throws IOException {
    FileStatus[] found = local.listStatus(inside(path));
    for (int i = 0; i < found.length; i++) {
      found[i] = outside(found[i]);
    }
    return found;
  }

  @Override
  public FileStatus getFileStatus(Path path) throws IOException {
    return outside(local.getFileStatus(inside(path)));
  }

  @Override
  public void setTimes(Path path, long modified, long accessed) throws IOException {
    local.setTimes(inside(path), modified, accessed);
  }

  @Override
  public boolean mkdirs(Path path, FsPermission permission) throws IOException {
    return local.mkdirs(inside(path), permission);
  }

  @Override
  public void setWorkingDirectory(Path path) {
    working = makeQualified(path);
  }

  @Override
  public Path getWorkingDirectory() {
    return working;
  }

  /** Local files whose streams count for the file system that they are part of. */
  private static final class Local extends RawLocalFileSystem {
    void countIn(Statistics whole) {
      statistics = whole;
    }
  }

  /** A status with an ETag. */
  private static final class Tagged extends FileStatus implements EtagSource {
    private static final long serialVersionUID = 1L;

    private final String etag;

    Tagged(FileStatus of, String etag) throws IOException {
      super(of);
      this.etag = etag;
    }

    @Override
    public String getEtag() {
      return etag;
    }
  }
}
