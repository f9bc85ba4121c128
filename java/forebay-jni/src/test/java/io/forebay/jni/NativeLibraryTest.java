package io.forebay.jni;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNotSame;
import static org.junit.Assert.assertTrue;

import java.io.File;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.Test;

public class NativeLibraryTest {

  @Test
  public void loadsFromTheResourcesOnceAndForAll() throws Exception {
    NativeLibrary.load();
    NativeLibrary.load("/a/later/directory/changes/nothing");
    assertTrue(NativeLibrary.isAvailable());
    assertTrue(NativeEngine.metricNames().length > 0);
    assertEquals(NativeEngine.metricNames().length, NativeEngine.metricValues().length);
  }

  @Test
  public void placesAreTriedInOrder() {
    String given = System.setProperty(NativeLibrary.DIRECTORY_PROPERTY, "/by/property");
    try {
      List<Path> places = NativeLibrary.candidates(" /by/configuration, /and/then, ");
      assertEquals(Paths.get("/by/configuration"), places.get(0));
      assertEquals(Paths.get("/and/then"), places.get(1));
      assertEquals(Paths.get("/by/property"), places.get(2));
      assertEquals(Paths.get(System.getProperty("java.io.tmpdir")), places.get(3));
      assertEquals(Paths.get("/by/property"), NativeLibrary.candidates("").get(0));
    } finally {
      if (given == null) {
        System.clearProperty(NativeLibrary.DIRECTORY_PROPERTY);
      } else {
        System.setProperty(NativeLibrary.DIRECTORY_PROPERTY, given);
      }
    }
  }

  @Test
  public void knowsItsVersion() {
    assertTrue(NativeLibrary.version(), NativeLibrary.version().matches("\\d+\\.\\d+\\.\\d+"));
  }

  @Test
  public void anotherClassLoaderGetsACopyOfItsOwn() throws Exception {
    NativeLibrary.load();
    List<URL> urls = new ArrayList<>();
    for (String entry : System.getProperty("forebay.test.classpath").split(File.pathSeparator)) {
      urls.add(new File(entry).toURI().toURL());
    }
    ClassLoader parent = ClassLoader.getSystemClassLoader().getParent();
    try (URLClassLoader loader = new URLClassLoader(urls.toArray(new URL[0]), parent)) {
      Class<?> library = loader.loadClass(NativeLibrary.class.getName());
      assertNotSame(NativeLibrary.class, library);
      library.getMethod("load").invoke(null);
      Class<?> engine = loader.loadClass(NativeEngine.class.getName());
      long before = windowBytes(engine);
      NativeEngine.countWindowBytes(1000);
      assertEquals("the copies share a counter", before, windowBytes(engine));
    }
  }

  private static long windowBytes(Class<?> engine) throws Exception {
    String[] names = (String[]) engine.getMethod("metricNames").invoke(null);
    long[] values = (long[]) engine.getMethod("metricValues").invoke(null);
    return values[Arrays.asList(names).indexOf("read.bytes.window")];
  }

  @Test
  public void everyKindHasItsCodeAndAnUnknownCodeIsInternal() {
    for (Kind kind : Kind.values()) {
      assertEquals(kind, Kind.of(kind.code()));
    }
    assertEquals(Kind.INTERNAL, Kind.of(0));
    assertEquals(Kind.INTERNAL, Kind.of(12345));
  }
}
