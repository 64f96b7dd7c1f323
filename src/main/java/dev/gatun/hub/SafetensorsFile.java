package dev.gatun.hub;

import dev.gatun.core.DataException;
import dev.gatun.memory.MappedFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.SequencedSet;

/** A safetensors file, mapped. Opening it checks the whole header and reads no data. */
public final class SafetensorsFile implements Weights {
  private final Path path;
  private final MappedFile file;
  private final Map<String, String> metadata;
  private final SequencedMap<String, TensorEntry> entries;

  private SafetensorsFile(Path path, MappedFile file, SafetensorsHeader header) {
    this.path = path;
    this.file = file;
    this.metadata = Collections.unmodifiableMap(header.metadata());
    this.entries = Collections.unmodifiableSequencedMap(header.entries());
  }

  /**
   * Opens a file.
   *
   * @throws DataException if it is absent or unreadable, or breaks a rule of the format
   */
  public static SafetensorsFile open(Path path) {
    if (!Files.isRegularFile(path)) {
      throw new DataException(
          "%s: %s".formatted(path, Files.exists(path) ? "is not a file" : "does not exist"));
    }
    MappedFile file;
    try {
      file = new MappedFile(path);
    } catch (IOException e) {
      throw new DataException("%s: cannot be read: %s".formatted(path, e.getMessage()), e);
    }
    try {
      return new SafetensorsFile(
          path, file, SafetensorsHeader.read(path.toString(), file.segment()));
    } catch (RuntimeException | Error e) {
      file.close();
      throw e;
    }
  }

  @Override
  public Path path() {
    return path;
  }

  /** The free texts of the header, for example {@code format: pt}. */
  public Map<String, String> metadata() {
    return metadata;
  }

  @Override
  public SequencedSet<String> names() {
    return entries.sequencedKeySet();
  }

  @Override
  public Optional<TensorEntry> find(String name) {
    return Optional.ofNullable(entries.get(name));
  }

  @Override
  public void close() {
    file.close();
  }
}
