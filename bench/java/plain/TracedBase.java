import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSInputStream;

/** A Hadoop that knows no vectored reads. */
abstract class TracedBase extends FSInputStream {

  final String file;
  final FSDataInputStream inner;

  TracedBase(String file, FSDataInputStream inner) {
    this.file = file;
    this.inner = inner;
  }
}
