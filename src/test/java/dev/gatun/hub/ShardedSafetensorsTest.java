package dev.gatun.hub;

import static dev.gatun.hub.Failures.assertRefused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.core.DType;
import dev.gatun.core.DataException;
import dev.gatun.core.Philox;
import dev.gatun.core.Shape;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ShardedSafetensorsTest {
  @TempDir Path folder;

  private final Arena arena = Arena.ofConfined();

  @AfterEach
  void free() {
    arena.close();
  }

  @Test
  void shardsAreFilledInOrder() throws IOException {
    ModelWriter.write(
        folder, List.of(tensor("d", 2), tensor("c", 3), tensor("b", 5), tensor("a", 1)), 20);
    assertEquals(
        Set.of(
            "model-00001-of-00003.safetensors",
            "model-00002-of-00003.safetensors",
            "model-00003-of-00003.safetensors",
            "model.safetensors.index.json"),
        files());
    ObjectNode index = Json.readObject(folder.resolve(Weights.INDEX_FILE));
    assertEquals(44, index.at("/metadata/total_size").longValue());
    assertEquals("model-00003-of-00003.safetensors", index.at("/weight_map/a").textValue());
    try (Weights weights = Weights.open(folder)) {
      assertEquals(List.of("a", "b", "c", "d"), weights.names().stream().sorted().toList());
      float[] read = new float[3];
      weights.readF32("c", MemorySegment.ofArray(read), 0);
      assertArrayEquals(new float[] {0, 1, 2}, read);
      assertRefused(() -> weights.entry("x"), "index.json: has no tensor \"x\"");
    }
  }

  @Test
  void aTensorAboveTheLimitHasItsOwnShard() throws IOException {
    ModelWriter.write(folder, List.of(tensor("a", 1), tensor("big", 100), tensor("b", 1)), 8);
    ObjectNode map =
        (ObjectNode) Json.readObject(folder.resolve(Weights.INDEX_FILE)).get("weight_map");
    assertEquals("model-00001-of-00002.safetensors", map.get("big").textValue());
    assertEquals(map.get("a"), map.get("b"));
  }

  @Test
  void anotherSaveLeavesNoFileOfTheEarlierOne() throws IOException {
    List<NamedTensor> tensors = List.of(tensor("a", 3), tensor("b", 3));
    Files.writeString(folder.resolve("model.txt"), "kept");
    ModelWriter.write(folder, tensors, 1000);
    assertEquals(Set.of("model.safetensors", "model.txt"), files());
    ModelWriter.write(folder, tensors, 12);
    assertEquals(
        Set.of(
            "model-00001-of-00002.safetensors",
            "model-00002-of-00002.safetensors",
            "model.safetensors.index.json",
            "model.txt"),
        files());
    ModelWriter.write(folder, tensors, 1000);
    assertEquals(Set.of("model.safetensors", "model.txt"), files());
  }

  @Test
  void aModelWithoutTensorsIsAFile() throws IOException {
    ModelWriter.write(folder, List.of(), 10);
    try (Weights weights = Weights.open(folder)) {
      assertTrue(weights.names().isEmpty());
    }
  }

  @Test
  void aFailureLeavesTheOldModelAlone() throws IOException {
    ModelWriter.write(folder, List.of(tensor("a", 3)), 1000);
    byte[] before = Files.readAllBytes(folder.resolve("model.safetensors"));
    NamedTensor tooLarge =
        new NamedTensor(
            "b",
            Shape.of(1),
            DType.F32,
            DType.F16,
            arena.allocateFrom(ValueLayout.JAVA_FLOAT, 1e9f));
    assertRefused(() -> ModelWriter.write(folder, List.of(tensor("a", 3), tooLarge), 12), "\"b\"");
    assertEquals(Set.of("model.safetensors"), files());
    assertArrayEquals(before, Files.readAllBytes(folder.resolve("model.safetensors")));
    assertThrows(
        IllegalArgumentException.class,
        () -> ModelWriter.write(folder, List.of(tensor("a", 3), tensor("a", 3)), 12));
    assertEquals(Set.of("model.safetensors"), files());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../model-1.safetensors",
        "/tmp/x.safetensors",
        "sub/x.safetensors",
        "..\\x.safetensors",
        "C:x.safetensors",
        "..",
        ".safetensors",
        "x\0.safetensors",
        "x.bin",
        ""
      })
  void aShardLiesBesideTheIndex(String name) throws IOException {
    ObjectNode index = Json.object();
    index.putObject("weight_map").put("a", name);
    Json.write(folder.resolve(Weights.INDEX_FILE), index);
    assertRefused(() -> Weights.open(folder), "index.json: places \"a\" in", "plain");
  }

  @Test
  void indexAndShardsMustAgree() {
    SafetensorsWriter.write(
        folder.resolve("x.safetensors"), List.of(tensor("a", 1), tensor("b", 1)));
    SafetensorsWriter.write(
        folder.resolve("y.safetensors"), List.of(tensor("b", 1), tensor("c", 1)));
    assertIndexRefused("{}", "must have an object weight_map");
    assertIndexRefused("{\"weight_map\":[]}", "must have an object weight_map");
    assertIndexRefused("{\"weight_map\":{\"a\":1}}", "places \"a\" in the number 1");
    assertIndexRefused(
        "{\"weight_map\":{\"a\":\"x.safetensors\",\"a\":\"x.safetensors\"}}", "Duplicate");
    assertIndexRefused(
        "{\"weight_map\":{\"a\":\"z.safetensors\"}}",
        "names the shard z.safetensors, which does not exist");
    assertIndexRefused(
        "{\"weight_map\":{\"a\":\"x.safetensors\"}}",
        "does not list \"b\", which x.safetensors holds");
    assertIndexRefused(
        "{\"weight_map\":{\"a\":\"x.safetensors\",\"b\":\"x.safetensors\",\"d\":\"x.safetensors\"}}",
        "places \"d\" in x.safetensors, which does not hold it");
    assertIndexRefused(
        "{\"weight_map\":{\"a\":\"x.safetensors\",\"b\":\"x.safetensors\",\"c\":\"y.safetensors\"}}",
        "places \"b\" in x.safetensors, but y.safetensors holds it as well");
    assertIndexRefused("{\"weight_map\":{}", "line 1");
  }

  @Test
  void aDamagedIndexIsReadOrRefused() throws IOException {
    ModelWriter.write(folder, List.of(tensor("a", 1), tensor("b", 1)), 4);
    Path file = folder.resolve(Weights.INDEX_FILE);
    String valid = Files.readString(file);
    String[] pieces = {
      "{", "}", "[", "\"", ",", ":", "null", "1", "../", "\\", "a", "b", "00002", ""
    };
    Philox random = new Philox(5, 0);
    for (int round = 0; round < 150; round++) {
      int at = random.below(valid.length(), 4L * round);
      int removed = Math.min(random.below(6, 4L * round + 1), valid.length() - at);
      String piece = pieces[random.below(pieces.length, 4L * round + 2)];
      Files.writeString(file, valid.substring(0, at) + piece + valid.substring(at + removed));
      try (Weights weights = Weights.open(folder)) {
        assertEquals(Set.of("a", "b"), weights.names());
      } catch (DataException e) {
        assertTrue(String.valueOf(e.getMessage()).startsWith(file + ": "), e.getMessage());
      }
    }
  }

  @Test
  void aFolderWithoutWeightsIsNamed() {
    assertRefused(() -> Weights.open(folder), "has no model weights");
    assertRefused(() -> Weights.open(folder.resolve("x")), "x: is not a folder");
  }

  @Test
  void storiesAreTheSameInEveryForm() {
    Path stories = SharedFiles.require("data/stories260K");
    try (Weights f32 = Weights.open(stories.resolve("hf"));
        Weights sharded = Weights.open(stories.resolve("hf-sharded"));
        Weights f16 = Weights.open(stories.resolve("hf-f16"));
        Weights bf16 = Weights.open(stories.resolve("hf-bf16"))) {
      for (Weights other : List.of(sharded, f16, bf16)) {
        assertEquals(new TreeSet<>(f32.names()), new TreeSet<>(other.names()));
      }
      for (String name : f32.names()) {
        float[] exact = read(f32, name);
        assertArrayEquals(exact, read(sharded, name));
        assertClose(exact, read(f16, name), 0x1p-11f, 0x1p-25f);
        assertClose(exact, read(bf16, name), 0x1p-8f, 0f);
      }
    }
  }

  private void assertIndexRefused(String index, String part) {
    Path file = folder.resolve(Weights.INDEX_FILE);
    AtomicFile.write(file, output -> output.write(index.getBytes(StandardCharsets.UTF_8)));
    assertRefused(() -> Weights.open(folder), "index.json: ", part);
  }

  private static void assertClose(float[] exact, float[] rounded, float relative, float absolute) {
    for (int i = 0; i < exact.length; i++) {
      assertEquals(exact[i], rounded[i], relative * Math.abs(exact[i]) + absolute);
    }
  }

  private static float[] read(Weights weights, String name) {
    float[] values = new float[weights.entry(name).shape().elementsExact()];
    weights.readF32(name, MemorySegment.ofArray(values), 0);
    return values;
  }

  private NamedTensor tensor(String name, int size) {
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = i;
    }
    return NamedTensor.of(
        name, Shape.of(size), DType.F32, arena.allocateFrom(ValueLayout.JAVA_FLOAT, values));
  }

  private Set<String> files() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).collect(Collectors.toSet());
    }
  }
}
