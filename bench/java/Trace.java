import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What this process has read through traced streams since the last {@link #take}, whatever file system is below.
 *
 * <p>"Needed" is the union of what was asked for, per file: over local files, the bytes a query cannot do without.
 */
public final class Trace {

  private static final AtomicLong stalled = new AtomicLong();
  private static final AtomicLong reads = new AtomicLong();
  private static final Map<String, Ranges> files = new ConcurrentHashMap<>();
  private static long processorBefore;

  private Trace() {}

  /** A read that took the calling thread {@code nanos}. */
  static void read(long nanos) {
    stalled.addAndGet(nanos);
    reads.incrementAndGet();
  }

  static void needed(String file, long from, long to) {
    files.computeIfAbsent(file, name -> new Ranges()).add(from, to);
  }

  /** The figures as JSON; they begin anew. */
  public static synchronized String take() {
    OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    long processor = system.getProcessCpuTime();
    long needed = files.values().stream().mapToLong(Ranges::bytes).sum();
    String found = String.format(
        "{\"stalled_seconds\": %.3f, \"reads\": %d, \"needed_bytes\": %d, \"cpu_seconds\": %.3f}",
        stalled.getAndSet(0) / 1e9, reads.getAndSet(0), needed, (processor - processorBefore) / 1e9);
    files.clear();
    processorBefore = processor;
    return found;
  }

  /** A union of ranges. */
  private static final class Ranges {

    private final TreeMap<Long, Long> endsByStart = new TreeMap<>();

    synchronized void add(long from, long to) {
      Map.Entry<Long, Long> before = endsByStart.floorEntry(from);
      long start = from;
      long end = to;
      if (before != null && before.getValue() >= from) {
        start = before.getKey();
        end = Math.max(end, before.getValue());
      }
      Map.Entry<Long, Long> next = endsByStart.ceilingEntry(start);
      while (next != null && next.getKey() <= end) {
        end = Math.max(end, next.getValue());
        endsByStart.remove(next.getKey());
        next = endsByStart.ceilingEntry(start);
      }
      endsByStart.put(start, end);
    }

    synchronized long bytes() {
      return endsByStart.entrySet().stream().mapToLong(range -> range.getValue() - range.getKey()).sum();
    }
  }
}
