package dev.gatun.train;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.core.DataException;
import dev.gatun.hub.AtomicFile;
import dev.gatun.hub.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * {@code metrics.jsonl}: one JSON object per log, appended as it happens; and the same figures for
 * TensorBoard, if wanted.
 */
final class Metrics {
  static final String FILE = "metrics.jsonl";

  private final Path file;
  private final Optional<Path> eventFiles;
  private Optional<EventFiles> events = Optional.empty();

  /**
   * @param eventFiles where TensorBoard's files go, if anywhere
   */
  Metrics(Path outputDir, Optional<Path> eventFiles) {
    this.file = outputDir.resolve(FILE);
    this.eventFiles = eventFiles;
  }

  /** Begins with a step, 0 in a new run: drops what an earlier attempt wrote after it. */
  void continueAfter(int step) {
    if (step == 0) {
      clear();
    } else {
      truncateAfter(step);
    }
    events = eventFiles.map(folder -> new EventFiles(folder, step == 0 ? 0 : step + 1));
  }

  private void truncateAfter(int step) {
    if (!Files.exists(file)) {
      return;
    }
    try {
      List<String> kept = new ArrayList<>();
      for (String line : Files.readAllLines(file)) {
        ObjectNode entry = Json.parseObject(file.toString(), line.getBytes(StandardCharsets.UTF_8));
        if (entry.path("step").asInt() <= step) {
          kept.add(line + "\n");
        }
      }
      byte[] text = String.join("", kept).getBytes(StandardCharsets.UTF_8);
      AtomicFile.write(file, output -> output.write(text));
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  private void clear() {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  void append(Map<String, Double> entry) {
    ObjectNode object = Json.object();
    entry.forEach((name, value) -> TrainerState.putNumber(object, name, value));
    try {
      Files.writeString(file, object + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw unwritable(e);
    }
    events.ifPresent(writer -> writer.append(entry));
  }

  private DataException unwritable(IOException e) {
    return new DataException(file + ": cannot be written: " + e.getMessage(), e);
  }
}
