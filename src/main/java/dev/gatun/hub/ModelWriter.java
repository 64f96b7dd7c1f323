package dev.gatun.hub;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.core.DataException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Writes the weights of a model into its folder: {@code model.safetensors}, or, above a size,
 * shards {@code model-00001-of-0000N.safetensors} and {@code model.safetensors.index.json}.
 *
 * <p>All files are complete on the disk under temporary names before the first is renamed, and
 * files of an earlier save that would contradict the new ones are deleted last. A process that dies
 * while shards of the same number are being renamed leaves a mixture; a checkpoint therefore goes
 * into a new folder.
 */
public final class ModelWriter {
  /** The size transformers 4 shards at. */
  public static final long DEFAULT_SHARD_BYTES = 5_000_000_000L;

  private ModelWriter() {}

  /**
   * Writes the tensors in their given order, as many to a shard as fit.
   *
   * @param folder must exist
   * @param maxShardBytes a larger tensor gets a shard of its own
   * @throws DataException if a file cannot be written; the earlier files are unchanged
   */
  public static void write(Path folder, Collection<NamedTensor> tensors, long maxShardBytes) {
    if (maxShardBytes <= 0) {
      throw new IllegalArgumentException("a shard must hold something, not " + maxShardBytes);
    }
    List<List<NamedTensor>> shards = split(tensors, maxShardBytes);
    Set<String> written = new HashSet<>();
    List<AtomicFile> files = new ArrayList<>();
    try {
      for (int shard = 0; shard < shards.size(); shard++) {
        String name = fileName(shard, shards.size());
        written.add(name);
        files.add(
            SafetensorsWriter.prepare(
                folder.resolve(name), shards.get(shard), SafetensorsWriter.PYTORCH));
      }
      if (shards.size() > 1) {
        written.add(Weights.INDEX_FILE);
        files.add(AtomicFile.prepare(folder.resolve(Weights.INDEX_FILE), index(shards)));
      }
    } catch (RuntimeException | Error e) {
      files.forEach(file -> file.discard(e));
      throw e;
    }
    AtomicFile.commitAll(files);
    deleteStale(folder, written);
  }

  /** Greedy, as {@code split_torch_state_dict_into_shards} in huggingface_hub. */
  private static List<List<NamedTensor>> split(Collection<NamedTensor> tensors, long maxBytes) {
    List<List<NamedTensor>> shards = new ArrayList<>();
    List<NamedTensor> current = new ArrayList<>();
    long bytes = 0;
    for (NamedTensor tensor : tensors) {
      if (tensor.storedBytes() > maxBytes) {
        shards.add(List.of(tensor));
        continue;
      }
      if (bytes + tensor.storedBytes() > maxBytes) {
        shards.add(current);
        current = new ArrayList<>();
        bytes = 0;
      }
      current.add(tensor);
      bytes += tensor.storedBytes();
    }
    if (!current.isEmpty() || shards.isEmpty()) {
      shards.add(current);
    }
    return shards;
  }

  private static String fileName(int shard, int shards) {
    return shards == 1
        ? Weights.SINGLE_FILE
        : "model-%05d-of-%05d.safetensors".formatted(shard + 1, shards);
  }

  private static byte[] index(List<List<NamedTensor>> shards) {
    long totalSize = 0;
    Map<String, String> placed = new TreeMap<>();
    for (int shard = 0; shard < shards.size(); shard++) {
      for (NamedTensor tensor : shards.get(shard)) {
        totalSize += tensor.storedBytes();
        if (placed.put(tensor.name(), fileName(shard, shards.size())) != null) {
          throw new IllegalArgumentException("two tensors have the name " + tensor.name());
        }
      }
    }
    ObjectNode index = Json.object();
    index.putObject("metadata").put("total_size", totalSize);
    ObjectNode weightMap = index.putObject("weight_map");
    placed.forEach(weightMap::put);
    return Json.format(index).getBytes(StandardCharsets.US_ASCII);
  }

  private static void deleteStale(Path folder, Set<String> written) {
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, "model*")) {
      for (Path entry : entries) {
        String name = entry.getFileName().toString();
        if (!written.contains(name) && isModelFile(name)) {
          Files.delete(entry);
        }
      }
      AtomicFile.syncFolder(folder.toAbsolutePath());
    } catch (IOException e) {
      throw new DataException(
          "%s: files of an earlier model cannot be deleted: %s".formatted(folder, e.getMessage()),
          e);
    }
  }

  private static boolean isModelFile(String name) {
    return name.equals(Weights.SINGLE_FILE)
        || name.equals(Weights.INDEX_FILE)
        || name.matches("model-\\d{5}-of-\\d{5}\\.safetensors");
  }
}
