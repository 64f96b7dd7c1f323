package dev.gatun.cli;

import dev.gatun.core.UserException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.Objects;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * Reports every failure as one sentence and an {@link ExitCode}.
 *
 * @param err where to
 * @param stacktrace whether the stack trace follows
 */
record Failures(PrintWriter err, boolean stacktrace)
    implements IExecutionExceptionHandler, IParameterExceptionHandler {

  @Override
  public int handleParseException(ParameterException failure, String[] args) {
    String name = failure.getCommandLine().getCommandSpec().qualifiedName();
    return report(ExitCode.USAGE, usage(failure) + " (" + name + " --help)", failure);
  }

  @Override
  public int handleExecutionException(Exception failure, CommandLine command, ParseResult parsed) {
    return report(failure);
  }

  /** Reports what a verb threw. */
  int report(Throwable failure) {
    return report(ExitCode.of(failure), sentence(failure), failure);
  }

  private int report(ExitCode code, String sentence, Throwable failure) {
    err.println("gatun: " + sentence);
    if (stacktrace) {
      failure.printStackTrace(err);
    }
    err.flush();
    return code.code();
  }

  private static String usage(ParameterException failure) {
    if (!(failure instanceof UnmatchedArgumentException unmatched)) {
      return String.valueOf(failure.getMessage());
    }
    String word = unmatched.getUnmatched().getFirst();
    boolean verb = !unmatched.isUnknownOption() && failure.getCommandLine().getParent() == null;
    String kind = unmatched.isUnknownOption() ? "option" : verb ? "verb" : "argument";
    String suggestion =
        unmatched.getSuggestions().stream()
            .findFirst()
            .map(nearest -> ", did you mean '" + nearest + "'?")
            .orElse("");
    return "unknown " + kind + " '" + word + "'" + suggestion;
  }

  private static String sentence(Throwable failure) {
    return switch (failure) {
      case UserException e -> String.valueOf(e.getMessage());
      case UncheckedIOException e -> sentence(Objects.requireNonNull(e.getCause()));
      case FileSystemException e -> e.getFile() + ": " + reason(e);
      case IOException e -> "input or output failed: " + e.getMessage();
      case OutOfMemoryError e ->
          "out of memory (" + e.getMessage() + "): choose a smaller batch or model, or raise -Xmx";
      default ->
          failure + "; this is a defect of Gatun, please report it with the output of --stacktrace";
    };
  }

  private static String reason(FileSystemException failure) {
    return switch (failure) {
      case NoSuchFileException _ -> "no such file or folder; check the path";
      case AccessDeniedException _ -> "permission denied; check its owner and mode";
      case FileAlreadyExistsException _ -> "exists already; choose another path or remove it";
      case NotDirectoryException _ -> "is not a folder; check the path";
      case DirectoryNotEmptyException _ -> "is a folder that is not empty; choose another path";
      default -> String.valueOf(failure.getReason());
    };
  }
}
