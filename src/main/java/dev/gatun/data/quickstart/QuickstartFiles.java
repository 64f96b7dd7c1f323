package dev.gatun.data.quickstart;

import dev.gatun.data.InstructionRow;
import dev.gatun.data.quickstart.QuickstartData.Unseen;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The files of {@code datasets/} that hold the {@link QuickstartData}. */
public final class QuickstartFiles {
  /** The seed of the files that are shipped. */
  public static final long SEED = 42;

  static final String CORPUS = "quickstart-corpus.txt";
  static final String TRAIN = "quickstart-train.jsonl";
  static final String UNSEEN = "quickstart-unseen.jsonl";

  private QuickstartFiles() {}

  /** Writes the shipped files anew into the folder that is the only argument. */
  public static void main(String[] args) throws IOException {
    if (args.length != 1) {
      throw new IllegalArgumentException("one argument is needed: the folder to write into");
    }
    write(QuickstartData.generate(SEED), Path.of(args[0]));
  }

  /** Writes the three files, UTF-8 with LF. */
  public static void write(QuickstartData data, Path folder) throws IOException {
    writeLines(folder.resolve(CORPUS), data.corpus());
    writeLines(
        folder.resolve(TRAIN), data.train().stream().map(row -> "{" + fields(row) + "}").toList());
    writeLines(folder.resolve(UNSEEN), data.unseen().stream().map(QuickstartFiles::json).toList());
  }

  private static void writeLines(Path file, List<String> lines) throws IOException {
    Files.writeString(file, String.join("\n", lines) + "\n");
  }

  private static String json(Unseen unseen) {
    return "{\"family\":" + quoted(unseen.family()) + "," + fields(unseen.row()) + "}";
  }

  private static String fields(InstructionRow row) {
    return "\"instruction\":" + quoted(row.instruction()) + ",\"output\":" + quoted(row.output());
  }

  /** The generated texts need no escape; one that did would be a defect of the generator. */
  private static String quoted(String text) {
    if (text.chars().anyMatch(c -> c < ' ' || c == '"' || c == '\\')) {
      throw new IllegalStateException("a character needs an escape in JSON: " + text);
    }
    return '"' + text + '"';
  }
}
