import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.Collections;
import java.util.Map;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;

/** A Spark application: counts a table's rows in tasks, and says into a file what the executor read through Forebay. */
public final class ReadsATable {

  private ReadsATable() {}

  public static void main(String[] args) throws Exception {
    try (SparkSession spark = SparkSession.builder().appName("reads-a-table").getOrCreate()) {
      long rows = spark.read().parquet(args[0]).javaRDD().count();
      JavaSparkContext context = new JavaSparkContext(spark.sparkContext());
      long bytes = context.parallelize(Collections.singletonList(1), 1).map(one -> throughForebay()).first();
      Files.write(Paths.get(args[1]), ("rows " + rows + ", through Forebay " + (bytes > 0)).getBytes("US-ASCII"));
    }
  }

  /** Bytes that this process has read through Forebay, wherever they came from. */
  private static long throughForebay() throws Exception {
    Class<?> metrics = Class.forName("io.forebay.hadoop.ForebayMetrics", true,
        Thread.currentThread().getContextClassLoader());
    Map<?, ?> found = (Map<?, ?>) metrics.getMethod("snapshot").invoke(null);
    long bytes = 0;
    for (Map.Entry<?, ?> one : found.entrySet()) {
      bytes += one.getKey().toString().startsWith("read.bytes.") ? (Long) one.getValue() : 0;
    }
    return bytes;
  }
}
