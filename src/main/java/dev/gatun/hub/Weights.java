package dev.gatun.hub;

import dev.gatun.core.DType;
import dev.gatun.core.DataException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.SequencedSet;

/**
 * The tensors of a model by name, wherever they lie: in one file or in shards. The files are mapped
 * and must not change while they are open.
 */
public sealed interface Weights extends AutoCloseable permits SafetensorsFile, ShardedSafetensors {
  /** The file of a model in one piece. */
  String SINGLE_FILE = "model.safetensors";

  /** The file that says which shard holds which tensor. */
  String INDEX_FILE = "model.safetensors.index.json";

  /**
   * Opens the weights of a model folder. Where both forms lie side by side the single file counts,
   * as in transformers.
   *
   * @throws DataException if the folder has neither, or if a file breaks its format
   */
  static Weights open(Path folder) {
    Path single = folder.resolve(SINGLE_FILE);
    if (Files.exists(single)) {
      return SafetensorsFile.open(single);
    }
    Path index = folder.resolve(INDEX_FILE);
    if (Files.exists(index)) {
      return ShardedSafetensors.open(index);
    }
    throw new DataException(
        "%s: %s; a model folder holds %s, or %s and the shards it names"
            .formatted(
                folder,
                Files.isDirectory(folder) ? "has no model weights" : "is not a folder",
                SINGLE_FILE,
                INDEX_FILE));
  }

  /** The file that a message about these weights names. */
  Path path();

  /** The keys, in the order of the files. */
  SequencedSet<String> names();

  /** The tensor with this key, or none. */
  Optional<TensorEntry> find(String name);

  /**
   * The tensor with this key.
   *
   * @throws DataException if there is none
   */
  default TensorEntry entry(String name) {
    return find(name)
        .orElseThrow(
            () ->
                new DataException(
                    "%s: has no tensor %s%s"
                        .formatted(path(), Quoted.of(name), Suggestion.among(names(), name))));
  }

  /**
   * Reads a floating-point tensor as F32: F32, F16 and BF16 exactly, F64 to the nearest float.
   *
   * @param target receives 4 bytes per element, in native order
   * @param offset of the first float in the target, in bytes
   * @throws DataException if there is no such tensor, or its type is not one of these
   */
  default void readF32(String name, MemorySegment target, long offset) {
    TensorEntry entry = entry(name);
    DType dtype =
        entry
            .type()
            .dtype()
            .filter(DType::isFloating)
            .orElseThrow(
                () ->
                    new DataException(
                        "%s: tensor %s is stored as %s, which cannot be read as F32;"
                                .formatted(path(), Quoted.of(name), entry.type())
                            + " convert the file to F64, F32, F16 or BF16"));
    F32Decoder.decode(entry.data(), dtype, target, offset);
  }

  @Override
  void close();
}
