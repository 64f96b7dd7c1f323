package dev.gatun.cli;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Turns this process into another program by {@code execv}: the process id, the terminal, the open
 * streams and the parent stay, so a signal reaches the new program without anyone forwarding it.
 */
public final class Relaunch {
  private static final Linker LINKER = Linker.nativeLinker();
  private static final Path COMMAND_LINE = Path.of("/proc/self/cmdline");

  private Relaunch() {}

  /**
   * Becomes the command. Returns only where there is no {@code execv} or it refuses; the caller
   * then starts the command as a child.
   *
   * @param command the absolute path of a program, and its arguments
   * @param kept how many at the end of the command are also the last arguments of this process
   */
  public static void become(List<String> command, int kept) throws IOException {
    if (System.getProperty("os.name").startsWith("Windows")) {
      return;
    }
    Charset locale = Charset.forName(System.getProperty("sun.jnu.encoding"));
    List<byte[]> arguments = new ArrayList<>();
    for (String argument : command) {
      arguments.add(argument.getBytes(locale));
    }
    if (locale.equals(StandardCharsets.US_ASCII)) {
      restoreBytes(command, arguments, kept);
      setenv("LC_ALL", "C.UTF-8");
    }
    execv(arguments);
  }

  /**
   * Without a locale, as in most containers, the JVM reads every byte of an argument above 127 as
   * an error. The kernel still has the bytes.
   */
  private static void restoreBytes(List<String> command, List<byte[]> arguments, int kept)
      throws IOException {
    if (!Files.isReadable(COMMAND_LINE)) {
      return;
    }
    String[] raw =
        new String(Files.readAllBytes(COMMAND_LINE), StandardCharsets.ISO_8859_1).split("\0", -1);
    int rawEnd = raw.length - 1; // each argument ends with a zero
    for (int i = 1; i <= kept && i <= rawEnd; i++) {
      byte[] bytes = raw[rawEnd - i].getBytes(StandardCharsets.ISO_8859_1);
      int place = arguments.size() - i;
      // An argument file (@file) has no such bytes in the command line.
      if (new String(bytes, StandardCharsets.US_ASCII).equals(command.get(place))) {
        arguments.set(place, bytes);
      }
    }
  }

  private static void execv(List<byte[]> arguments) {
    MethodHandle execv =
        function(
            "execv",
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment argv = arena.allocate(ValueLayout.ADDRESS, arguments.size() + 1L);
      for (int i = 0; i < arguments.size(); i++) {
        argv.setAtIndex(ValueLayout.ADDRESS, i, cString(arguments.get(i), arena));
      }
      MemorySegment program = argv.getAtIndex(ValueLayout.ADDRESS, 0);
      int minusOne = (int) execv.invokeExact(program, argv);
      assert minusOne == -1;
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError("execv throws nothing checked", e);
    }
  }

  private static void setenv(String name, String value) {
    MethodHandle setenv =
        function(
            "setenv",
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT,
                ValueLayout.ADDRESS,
                ValueLayout.ADDRESS,
                ValueLayout.JAVA_INT));
    try (Arena arena = Arena.ofConfined()) {
      int status = (int) setenv.invokeExact(arena.allocateFrom(name), arena.allocateFrom(value), 1);
      assert status == 0;
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError("setenv throws nothing checked", e);
    }
  }

  private static MemorySegment cString(byte[] bytes, Arena arena) {
    MemorySegment string = arena.allocate(bytes.length + 1L);
    MemorySegment.copy(bytes, 0, string, ValueLayout.JAVA_BYTE, 0, bytes.length);
    return string;
  }

  private static MethodHandle function(String name, FunctionDescriptor descriptor) {
    return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), descriptor);
  }
}
