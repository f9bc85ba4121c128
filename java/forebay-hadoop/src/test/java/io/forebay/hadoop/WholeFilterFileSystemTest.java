package io.forebay.hadoop;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import java.io.File;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.hadoop.fs.FileSystem;
import org.junit.Test;

/**
 * The filter forgets nothing that can be overridden in FileSystem, in any Hadoop: a method is the filter's, or its
 * base class', or one of those below, whose way in FileSystem itself is right.
 */
public class WholeFilterFileSystemTest {

  private static final Map<String, String> LEFT_TO_FILE_SYSTEM = new LinkedHashMap<>();

  private static void left(String because, String... methods) {
    for (String method : methods) {
      LEFT_TO_FILE_SYSTEM.put(method, because);
    }
  }

  static {
    left("ends in append with all parameters",
        "append(Path)", "append(Path,int)", "append(Path,boolean)");
    left("ends in create with all parameters",
        "create(Path)", "create(Path,Progressable)", "create(Path,boolean)", "create(Path,boolean,int)",
        "create(Path,boolean,int,Progressable)", "create(Path,boolean,int,short,long)",
        "create(Path,boolean,int,short,long,Progressable)", "create(Path,short)", "create(Path,short,Progressable)",
        "create(Path,FsPermission,EnumSet,int,short,long,Progressable)");
    left("ends in createNonRecursive with all parameters",
        "createNonRecursive(Path,boolean,int,short,long,Progressable)",
        "createNonRecursive(Path,FsPermission,boolean,int,short,long,Progressable)");
    left("ends in open or delete with all parameters", "open(Path)", "open(PathHandle)", "delete(Path)");
    left("asks for the status", "getLength(Path)", "getBlockSize(Path)", "getReplication(Path)");
    left("ends in getStatus(Path)", "getStatus()");
    left("copies from or to this class, whose reads are cached",
        "copyToLocalFile(Path,Path)", "copyToLocalFile(boolean,Path,Path,boolean)", "moveToLocalFile(Path,Path)",
        "moveFromLocalFile(Path,Path)", "moveFromLocalFile(Path[],Path)");
    left("remembered and deleted by this instance",
        "deleteOnExit(Path)", "cancelDeleteOnExit(Path)", "processDeleteOnExit()");
    left("made of the URI and the working directory, which are the wrapped one's",
        "fixRelativePart(Path)", "getName()", "getDefaultPort()");
    left("only called by methods that are overridden", "listStatusBatch(Path,byte[])");
    left("ends in mkdirs", "primitiveMkdir(Path,FsPermission,boolean)");
    left("deletes through this class, one file at a time; naming its type would break Hadoop before 3.4.1",
        "createBulkDelete(Path)");
  }

  @Test
  public void nothing_is_forgotten_in_any_hadoop() throws Exception {
    Set<String> needed = new TreeSet<>();
    String[] jars = System.getProperty("forebay.test.hadoops").split(File.pathSeparator);
    assertTrue(Arrays.toString(jars), jars.length >= 5);
    for (String jar : jars) {
      try (OneHadoop hadoop = new OneHadoop(new File(jar))) {
        Class<?> base = hadoop.loadClass(FileSystem.class.getName());
        Class<?> filter = hadoop.loadClass(ForebayFilterFileSystem.class.getName());
        assertEquals(hadoop, base.getClassLoader());
        List<String> forgotten = Arrays.stream(base.getDeclaredMethods())
            .filter(WholeFilterFileSystemTest::isOverridable)
            .filter(method -> !isOverridden(filter, base, method))
            .map(WholeFilterFileSystemTest::signature)
            .collect(Collectors.toList());
        needed.addAll(forgotten);
        forgotten.removeAll(LEFT_TO_FILE_SYSTEM.keySet());
        assertEquals(new File(jar).getName(), Collections.emptyList(), forgotten);
      }
    }
    assertEquals("reasons for what no Hadoop needs", needed, new TreeSet<>(LEFT_TO_FILE_SYSTEM.keySet()));
  }

  private static boolean isOverridable(Method method) {
    int modifiers = method.getModifiers();
    return (Modifier.isPublic(modifiers) || Modifier.isProtected(modifiers)) && !Modifier.isStatic(modifiers)
        && !Modifier.isFinal(modifiers) && !method.isSynthetic();
  }

  private static boolean isOverridden(Class<?> leaf, Class<?> base, Method method) {
    for (Class<?> one = leaf; one != base; one = one.getSuperclass()) {
      if (Arrays.stream(one.getDeclaredMethods()).anyMatch(own -> own.getName().equals(method.getName())
          && Arrays.equals(own.getParameterTypes(), method.getParameterTypes()))) {
        return true;
      }
    }
    return false;
  }

  private static String signature(Method method) {
    return method.getName() + Arrays.stream(method.getParameterTypes()).map(Class::getSimpleName)
        .collect(Collectors.joining(",", "(", ")"));
  }

  /** The classes of one Hadoop and of the filter laid over it; what Hadoop needs besides is the tests' own. */
  private static final class OneHadoop extends URLClassLoader {

    OneHadoop(File jar) throws Exception {
      super(new URL[] {jar.toURI().toURL(),
          ForebayFilterFileSystem.class.getProtectionDomain().getCodeSource().getLocation()},
          WholeFilterFileSystemTest.class.getClassLoader());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      synchronized (getClassLoadingLock(name)) {
        Class<?> found = findLoadedClass(name);
        if (found == null && (name.startsWith("org.apache.hadoop.") || name.startsWith("io.forebay.hadoop."))) {
          try {
            found = findClass(name);
          } catch (ClassNotFoundException e) {
            found = null;
          }
        }
        return found != null ? found : super.loadClass(name, resolve);
      }
    }
  }
}
