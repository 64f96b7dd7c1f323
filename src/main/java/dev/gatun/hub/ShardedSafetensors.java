package dev.gatun.hub;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.core.DataException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.SequencedSet;

/**
 * A model in several safetensors files and the index that says which holds what:
 *
 * <pre>
 *   {"metadata": {"total_size": bytes}, "weight_map": {NAME: FILE, ...}}
 * </pre>
 *
 * Index and shards must agree: every key of the index in its shard, no key twice, no key besides. A
 * shard is named by a plain file name and lies beside the index; anything that could lead out of
 * the folder is refused.
 */
public final class ShardedSafetensors implements Weights {
  private final Path index;
  private final SequencedMap<String, SafetensorsFile> shards = new LinkedHashMap<>();
  private final SequencedMap<String, TensorEntry> entries = new LinkedHashMap<>();

  private ShardedSafetensors(Path index) {
    this.index = index;
  }

  /**
   * Opens an index and all its shards.
   *
   * @throws DataException naming the index or the shard and what is wrong with it
   */
  public static ShardedSafetensors open(Path index) {
    ShardedSafetensors opened = new ShardedSafetensors(index);
    try {
      opened.load();
      return opened;
    } catch (RuntimeException | Error e) {
      opened.close();
      throw e;
    }
  }

  @Override
  public Path path() {
    return index;
  }

  @Override
  public SequencedSet<String> names() {
    return Collections.unmodifiableSequencedSet(entries.sequencedKeySet());
  }

  @Override
  public Optional<TensorEntry> find(String name) {
    return Optional.ofNullable(entries.get(name));
  }

  @Override
  public void close() {
    shards.values().forEach(SafetensorsFile::close);
  }

  private void load() {
    if (!(Json.readObject(index).get("weight_map") instanceof ObjectNode weightMap)) {
      throw failure("must have an object weight_map that names the file of every tensor");
    }
    for (Map.Entry<String, JsonNode> placed : weightMap.properties()) {
      openShard(placed.getKey(), placed.getValue());
    }
    for (Map.Entry<String, SafetensorsFile> shard : shards.entrySet()) {
      collect(shard.getKey(), shard.getValue(), weightMap);
    }
    for (Map.Entry<String, JsonNode> placed : weightMap.properties()) {
      if (!entries.containsKey(placed.getKey())) {
        throw failure(
            "places %s in %s, which does not hold it"
                .formatted(Quoted.of(placed.getKey()), placed.getValue().textValue()));
      }
    }
  }

  private void openShard(String name, JsonNode file) {
    if (!file.isTextual() || !isPlainFileName(file.textValue())) {
      throw failure(
          "places %s in %s; a shard must be a plain .safetensors file name beside the index"
              .formatted(Quoted.of(name), Json.kind(file)));
    }
    String shard = file.textValue();
    if (shards.containsKey(shard)) {
      return;
    }
    Path path = index.resolveSibling(shard);
    if (!Files.exists(path)) {
      throw failure("names the shard %s, which does not exist beside it".formatted(shard));
    }
    shards.put(shard, SafetensorsFile.open(path));
  }

  private void collect(String shard, SafetensorsFile file, ObjectNode weightMap) {
    for (String name : file.names()) {
      JsonNode placed = weightMap.get(name);
      if (placed == null) {
        throw failure("does not list %s, which %s holds".formatted(Quoted.of(name), shard));
      }
      if (entries.put(name, file.entry(name)) != null || !placed.textValue().equals(shard)) {
        throw failure(
            "places %s in %s, but %s holds it%s"
                .formatted(
                    Quoted.of(name),
                    placed.textValue(),
                    shard,
                    holders(name) > 1 ? " as well" : ""));
      }
    }
  }

  private long holders(String name) {
    return shards.values().stream().filter(shard -> shard.find(name).isPresent()).count();
  }

  private static boolean isPlainFileName(String name) {
    return name.endsWith(".safetensors")
        && name.length() <= 255
        && !name.startsWith(".")
        && name.chars().noneMatch(c -> c == '/' || c == '\\' || c == ':' || c < ' ');
  }

  private DataException failure(String rule) {
    return new DataException(index + ": " + rule);
  }
}
