package io.forebay.tool;

import io.forebay.jni.Kind;
import io.forebay.jni.NativeException;
import io.forebay.jni.NativeLibrary;
import io.forebay.jni.NativeUnavailableException;
import java.io.IOException;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** Where {@code java -jar forebay.jar} begins: finds the command, runs it, and turns what came of it into a number. */
public final class Main {

  /** All is well. */
  static final int FINE = 0;

  /** The command did its work and found something wrong. */
  static final int WRONG = 1;

  /** The arguments make no sense. */
  static final int USAGE = 2;

  /** The command could not do its work. */
  static final int FAILED = 3;

  private static final Map<String, Command> COMMANDS = new LinkedHashMap<>();

  static {
    COMMANDS.put("doctor", new Doctor());
    COMMANDS.put("stat", new Stat());
    COMMANDS.put("verify", new Verify());
    COMMANDS.put("purge", new Purge());
    COMMANDS.put("budget", new Budget());
  }

  private Main() {}

  public static void main(String[] words) {
    System.exit(run(words, System.out, System.err));
  }

  static int run(String[] words, PrintStream out, PrintStream err) {
    String first = words.length == 0 ? "help" : words[0];
    if (Arrays.asList("help", "-h", "--help").contains(first)) {
      return help(words.length > 1 ? words[1] : null, out, err);
    }
    if (first.equals("--version")) {
      out.println("forebay " + NativeLibrary.version());
      return FINE;
    }
    Command command = COMMANDS.get(first);
    if (command == null) {
      err.println("there is no command '" + first + "'; give one of " + String.join(", ", COMMANDS.keySet()));
      return USAGE;
    }
    try {
      Arguments arguments = Arguments.of(Arrays.copyOfRange(words, 1, words.length), command.options());
      return arguments.has("--help") ? help(first, out, err) : command.run(arguments, new Report(arguments, out, err));
    } catch (UsageException e) {
      err.println(first + ": " + e.getMessage() + "; 'java -jar forebay.jar help " + first + "' lists what may be given");
      return USAGE;
    } catch (NativeUnavailableException e) {
      err.println(first + ": " + e.getMessage());
      return FAILED;
    } catch (NativeException e) {
      err.println(first + ": " + e.getMessage());
      return Kind.of(e.kind()) == Kind.INVALID_ARGUMENT ? USAGE : FAILED;
    } catch (IOException e) {
      err.println(first + ": " + e.getMessage());
      return FAILED;
    }
  }

  private static int help(String about, PrintStream out, PrintStream err) {
    if (about == null) {
      out.println("usage: java -jar forebay.jar <command> [options]\n");
      COMMANDS.forEach((name, command) -> out.printf("  %-8s %s%n", name, command.summary()));
      out.println("\n  help <command> lists the options of one; --version says the version.");
      out.println("  Run it as the user whose jobs fill the cache. No job needs to be stopped.");
      out.println("  Exit code: 0 all is well, 1 something is wrong, 2 bad arguments, 3 it could not be done.");
      return FINE;
    }
    Command command = COMMANDS.get(about);
    if (command == null) {
      err.println("there is no command '" + about + "'; give one of " + String.join(", ", COMMANDS.keySet()));
      return USAGE;
    }
    out.println("usage: java -jar forebay.jar " + about + " " + command.usage());
    out.println("\n" + command.summary() + "\n");
    command.options().forEach((option, meaning) -> out.printf("  %-24s %s%n", option, meaning));
    return FINE;
  }
}
