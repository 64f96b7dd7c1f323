package dev.gatun.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.core.ConfigurationException;
import dev.gatun.core.DataException;
import dev.gatun.core.DeviceException;
import dev.gatun.core.DoesNotFitException;
import dev.gatun.core.NotFiniteException;
import dev.gatun.core.UserException;
import dev.gatun.core.VerificationException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class AppTest {

  private record Run(int code, String out, String err) {}

  private record Failure(Throwable thrown, int code, String sentence) {}

  private static final List<Failure> FAILURES =
      List.of(
          new Failure(new ConfigurationException("key"), 2, "gatun: key"),
          new Failure(new DataException("file"), 3, "gatun: file"),
          new Failure(
              new UncheckedIOException(new NoSuchFileException("a.json")),
              3,
              "gatun: a.json: no such file or folder; check the path"),
          new Failure(new IOException("disk full"), 3, "gatun: input or output failed: disk full"),
          new Failure(new DeviceException("cuda:0 failed"), 7, "gatun: cuda:0 failed"),
          new Failure(new DoesNotFitException("2 > 1"), 4, "gatun: 2 > 1"),
          new Failure(
              new OutOfMemoryError("heap"),
              4,
              "gatun: out of memory (heap): choose a smaller batch or model, or raise -Xmx"),
          new Failure(new NotFiniteException("NaN at step 3"), 5, "gatun: NaN at step 3"),
          new Failure(new VerificationException("op"), 6, "gatun: op"),
          new Failure(
              new IllegalStateException("x"),
              1,
              "gatun: java.lang.IllegalStateException: x; this is a defect of Gatun, please report"
                  + " it with the output of --stacktrace"));

  @TestFactory
  Stream<DynamicTest> failureBecomesSentenceAndCode() {
    return FAILURES.stream()
        .map(
            failure ->
                DynamicTest.dynamicTest(
                    failure.thrown.toString(),
                    () -> {
                      StringWriter err = new StringWriter();
                      Failures failures = new Failures(new PrintWriter(err), false);
                      assertEquals(failure.code, failures.report(failure.thrown));
                      assertEquals(failure.sentence + System.lineSeparator(), err.toString());
                    }));
  }

  @Test
  void everyFailureOfAUserIsInTheTable() {
    List<?> covered = FAILURES.stream().map(failure -> failure.thrown.getClass()).toList();
    for (Class<?> type : UserException.class.getPermittedSubclasses()) {
      assertTrue(covered.contains(type), type + " is not tested");
    }
  }

  @Test
  void unknownVerbIsAnsweredWithTheNearest() {
    Run run = run("docter");
    assertEquals(2, run.code);
    assertEquals(
        "gatun: unknown verb 'docter', did you mean 'doctor'? (gatun --help)", run.err.strip());
    assertEquals("", run.out);
  }

  @Test
  void missingVerbIsUsage() {
    Run run = run();
    assertEquals(2, run.code);
    assertEquals("gatun: a verb is missing (gatun --help)", run.err.strip());
  }

  @Test
  void unknownOptionNamesTheVerb() {
    Run run = run("doctor", "--fast");
    assertEquals(2, run.code);
    assertEquals("gatun: unknown option '--fast' (gatun doctor --help)", run.err.strip());
  }

  @Test
  void stackTraceFollowsOnRequest() {
    assertEquals(1, run("docter").err.lines().count());
    assertTrue(run("docter", "--stacktrace").err.contains("\tat "));
  }

  @Test
  void helpListsVerbsAndExitCodes() {
    Run run = run("--help");
    assertEquals(0, run.code);
    assertTrue(run.out.contains("doctor"), run.out);
    for (ExitCode exit : ExitCode.values()) {
      assertTrue(run.out.contains(exit.meaning()), run.out);
    }
  }

  @Test
  void doctorReportsTheMachine() {
    Run run = run("doctor");
    assertEquals(0, run.code, run.err);
    assertEquals("", run.err);
    for (String fact : List.of("java", "vectors", "threads", "memory", "huge pages")) {
      assertTrue(run.out.lines().anyMatch(line -> line.startsWith(fact)), run.out);
    }
  }

  @Test
  void whatIsPrintedIsNotLeftInABuffer() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintWriter out = new PrintWriter(bytes, false, StandardCharsets.UTF_8);
    App.run(new String[] {"doctor"}, out, new PrintWriter(new StringWriter()));
    assertTrue(bytes.size() > 0);
  }

  private static Run run(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code = App.run(args, new PrintWriter(out), new PrintWriter(err));
    return new Run(code, out.toString(), err.toString());
  }
}
