package dev.gatun.cli;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.concurrent.TimeUnit;

/** Stands in front of the real App on the class path and reports what reached it. */
public final class App {
  private static final int SAVED = 75;
  private static final int NO_SIGNAL = 99;

  private App() {}

  public static void main(String[] args) throws IOException, InterruptedException {
    switch (args[0]) {
      case "args" -> {
        for (String arg : args) {
          System.out.println(HexFormat.of().formatHex(arg.getBytes(StandardCharsets.UTF_8)));
        }
      }
      case "exit" -> System.exit(Integer.parseInt(args[1]));
      case "stdin" -> System.in.transferTo(System.out);
      case "property" -> System.out.println(System.getProperty(args[1]));
      case "pid" -> System.out.println(ProcessHandle.current().pid());
      case "terminal" -> System.out.println(System.console().isTerminal());
      case "options" ->
          System.out.println(
              String.join(" ", ManagementFactory.getRuntimeMXBean().getInputArguments()));
      case "save" -> {
        Runtime.getRuntime().addShutdownHook(new Thread(App::save));
        System.out.println("ready");
        TimeUnit.SECONDS.sleep(60);
        Runtime.getRuntime().halt(NO_SIGNAL);
      }
      default -> throw new IllegalArgumentException(args[0]);
    }
    System.out.flush();
  }

  private static void save() {
    try {
      TimeUnit.MILLISECONDS.sleep(300);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    System.out.println("saved");
    System.out.flush();
    Runtime.getRuntime().halt(SAVED);
  }
}
