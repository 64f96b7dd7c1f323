package dev.gatun.data;

import dev.gatun.core.DataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/**
 * Plain text files to pre-train on, read as a stream: memory holds one text at a time.
 *
 * <p>The files are UTF-8. A byte order mark is dropped and CR LF is read as LF. Bytes that are not
 * UTF-8 are a {@link DataException} with file, line and byte: replacing them silently would train
 * the model on replacement characters.
 *
 * @param files the files, read in this order
 * @param mode what one text is
 */
public record TextCorpus(List<Path> files, TextMode mode) {
  /** Checks that every file is there before anything is read. */
  public TextCorpus {
    files = List.copyOf(files);
    if (files.isEmpty()) {
      throw new DataException("a text corpus needs at least one file");
    }
    for (Path file : files) {
      if (!Files.isRegularFile(file)) {
        throw new DataException(
            "text file "
                + file
                + " does not exist or is not a file; it was looked for in "
                + Path.of("").toAbsolutePath());
      }
    }
  }

  /** Hands every text to the consumer, in order. */
  public void forEach(Consumer<String> texts) throws IOException {
    for (Path file : files) {
      try (Utf8Lines lines = new Utf8Lines(file)) {
        switch (mode) {
          case LINES -> eachLine(lines, texts);
          case DOCUMENT -> wholeFile(lines, texts);
        }
      }
    }
  }

  /**
   * The ids of every text, one row per text. A text without a single token has no row.
   *
   * <p>{@link TokenRows#cut} makes rows of the context length of them. Doing so after splitting
   * keeps the pieces of one text on the same side of a {@link Split}.
   */
  public TokenRows tokenize(TextEncoder encoder) throws IOException {
    TokenRows.Builder rows = new TokenRows.Builder();
    forEach(text -> rows.add(encoder.encode(text)));
    return rows.build();
  }

  private static void eachLine(Utf8Lines lines, Consumer<String> texts) throws IOException {
    for (String line = lines.next(); line != null; line = lines.next()) {
      if (!line.isBlank()) {
        texts.accept(withoutLineEnd(line));
      }
    }
  }

  private static void wholeFile(Utf8Lines lines, Consumer<String> texts) throws IOException {
    StringBuilder text = new StringBuilder();
    for (String line = lines.next(); line != null; line = lines.next()) {
      String body = withoutLineEnd(line);
      text.append(body);
      if (body.length() < line.length()) {
        text.append('\n');
      }
    }
    if (!text.isEmpty()) {
      texts.accept(text.toString());
    }
  }

  private static String withoutLineEnd(String line) {
    if (!line.endsWith("\n")) {
      return line;
    }
    return line.substring(0, line.length() - (line.endsWith("\r\n") ? 2 : 1));
  }
}
