package org.apache.hadoop.hive.ql.exec;

import java.net.URL;
import java.net.URLClassLoader;

/** Stands in for the loader that Hive gives each session, of which only the name matters. */
public final class UDFClassLoader extends URLClassLoader {

  public UDFClassLoader() {
    super(new URL[0]);
  }
}
