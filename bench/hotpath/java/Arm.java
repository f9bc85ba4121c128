import java.io.IOException;
import java.util.SplittableRandom;

/** One way to read; belongs to one thread. */
interface Arm {

  /** Makes an arm on the thread that will use it. */
  interface Maker {
    Arm make() throws IOException;
  }

  /** Reads a few times, at places that {@code random} says; returns how often. */
  int readSome(SplittableRandom random) throws IOException;
}
