package io.forebay.tool;

import io.forebay.jni.NativeCacheTool;
import java.io.IOException;
import java.util.Arrays;

/** Walks over the segments of a cache, with a bar for whoever waits. */
final class Segments {

  /** What is done with each. */
  interface Visit {
    void segment(String name, Facts facts) throws IOException;
  }

  /** What the library is asked about each. */
  interface Ask {
    String[] about(String place, String name) throws IOException;
  }

  private Segments() {}

  static void each(String place, String doing, Report report, Visit visit) throws IOException {
    each(place, doing, report, NativeCacheTool::segment, visit);
  }

  static void each(String place, String doing, Report report, Ask ask, Visit visit) throws IOException {
    String[] names = NativeCacheTool.segments(place);
    Arrays.sort(names);
    for (int i = 0; i < names.length; i++) {
      report.progress(doing, i, names.length);
      visit.segment(names[i], new Facts(ask.about(place, names[i])));
    }
    report.progress(doing, names.length, names.length);
  }
}
