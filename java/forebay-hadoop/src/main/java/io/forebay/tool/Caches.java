package io.forebay.tool;

import io.forebay.jni.Kind;
import io.forebay.jni.NativeCacheTool;
import io.forebay.jni.NativeException;
import io.forebay.jni.NativeLibrary;
import java.io.File;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The places a command is about, and which of them hold a cache of this user. */
final class Caches {

  private final List<String> places;

  private Caches(List<String> places) {
    this.places = places;
  }

  /** The places that the arguments name, else those a job of this user would take by itself. */
  static Caches of(Arguments arguments) throws IOException, UsageException {
    Settings settings = Settings.of(arguments);
    NativeLibrary.load(settings.get("fs.forebay.native.dir"));
    return of(settings);
  }

  static Caches of(Settings settings) throws NativeException {
    String[] found = NativeCacheTool.places(settings.forebay());
    return new Caches(Arrays.asList(found).subList(1, found.length));
  }

  List<String> places() {
    return places;
  }

  /** The places with a cache in them; an exception where there is none. */
  List<String> present(Report report) throws IOException {
    List<String> present = new ArrayList<>();
    IOException why = new IOException("no cache directory is configured, and there is no default here; give --dirs");
    for (String place : places) {
      try {
        NativeCacheTool.directory(place, false);
        present.add(place);
      } catch (NativeException e) {
        why = new IOException(e.getMessage() + others(place));
        if (Kind.of(e.kind()) != Kind.NOT_FOUND || places.size() > 1) {
          report.warn(why.getMessage());
        }
      }
    }
    if (present.isEmpty()) {
      throw why;
    }
    return present;
  }

  /** Caches of other users in the same place, and how to look at them. */
  static String others(String place) {
    File[] found = new File(place).listFiles((parent, name) -> name.matches("forebay-\\d+"));
    if (found == null || found.length == 0) {
      return "";
    }
    Arrays.sort(found);
    String owner = found[0].getName().substring("forebay-".length());
    return "; " + found[0] + " belongs to another user: run this as that user (sudo -u '#" + owner + "' java -jar ...)";
  }
}
