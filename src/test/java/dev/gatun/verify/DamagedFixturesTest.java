package dev.gatun.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gatun.core.Damage;
import dev.gatun.core.DataException;
import dev.gatun.core.JsonDamage;
import dev.gatun.core.UserException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Damaged fixtures and capsules are read or refused in words. */
class DamagedFixturesTest {
  private static final long MOST = 256 << 20;

  private static final String INDEX =
      """
      {"version": 1, "environment": {"java": "25"}, "cases": [
       {"level": "FORWARD", "what": "output 0", "operation": "softmax", "reduction": 3,
        "attributes": {}, "inputs": [{"dtype": "F32", "shape": [2, 3]}],
        "outputs": [{"dtype": "F32", "shape": [2, 3]}], "tolerances": [1e-6]}]}
      """;

  @TempDir private Path folder;

  @Test
  void indexesOfCapsules() throws IOException {
    byte[] valid = INDEX.getBytes(StandardCharsets.UTF_8);
    Path file = folder.resolve("capsule.zip");
    for (byte[] damaged : Damage.of(valid, 1, 400)) {
      Files.write(file, capsule(Map.of(Capsule.INDEX, damaged)));
      try {
        new Replay(file);
      } catch (UserException e) {
        assertTrue(String.valueOf(e.getMessage()).contains("capsule.zip"), e.toString());
      }
    }
  }

  @Test
  void capsules() throws IOException {
    byte[] valid = capsule(Map.of());
    Path file = Files.write(folder.resolve("capsule.zip"), valid);
    new Damage.Target(file, MOST, () -> new Replay(file)).check(Damage.of(valid, 2, 300));
  }

  /** What a capsule holds stays in the folder that it is unpacked to, and so does what it names. */
  @ParameterizedTest
  @ValueSource(strings = {"../x.ptx", "/etc/passwd", "a/b.ptx", "..", "a\\b.ptx", "a\0b"})
  void kernelsOfACapsuleStayInTheirFolder(String name) throws IOException {
    Path file = folder.resolve("capsule.zip");
    String entries = "softmax_f32 " + name + "\n";
    Files.write(
        file,
        capsule(Map.of(Capsule.KERNELS + "entries", entries.getBytes(StandardCharsets.UTF_8))));
    Path unpacked = Files.createDirectory(folder.resolve("unpacked"));
    Replay replay = new Replay(file);
    assertThrows(UserException.class, () -> replay.kernels(unpacked));
    Files.write(file, capsule(Map.of(Capsule.KERNELS + name, new byte[1])));
    Replay other = new Replay(file);
    assertThrows(UserException.class, () -> other.kernels(unpacked));
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(2, files.count(), "a file was written elsewhere");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "training/checkpoint_rotation, expected.json, 15",
    "models/llama_tied_mha, inputs.json, 30",
    "models/llama_tied_mha, expected.safetensors, 30",
    "collator, cases.json, 80",
    "tokenizers/hashbpe_unk, cases.jsonl, 12",
    "tokenizers/hashbpe_unk, tokenizer.json, 10",
    "generation, processors.json, 20",
    "generation, processors_expected.safetensors, 20",
    "generation, generate.json, 12",
    "lora/lora_llama_qv, inputs.json, 6",
    "lora/lora_llama_qv, meta.json, 5",
    "lora/lora_llama_qv, expected.safetensors, 10",
    "lora/lora_llama_qv, adapter/adapter_config.json, 6",
    "lora/lora_llama_qv, adapter/adapter_model.safetensors, 6",
    "training/train_phi_epoch_remainder, inputs.json, 10",
    "training/train_phi_epoch_remainder, expected_v4.json, 10",
    "training/train_phi_epoch_remainder, expected_v5.json, 8",
    "training/train_phi_epoch_remainder, expected_v5.safetensors, 10",
  })
  void fixtures(String fixture, String name, int edits) throws IOException {
    Path file = copied(fixture, name);
    assumeTrue(Files.exists(file), file + " is absent");
    byte[] valid = Files.readAllBytes(file);
    List<byte[]> damaged = Damage.of(valid, 3, edits);
    if (name.contains(".json")) {
      damaged.addAll(JsonDamage.of(valid, 4, edits));
    }
    new Damage.Target(
            file,
            List.of(file.getFileName().toString(), folder.toString()),
            8 * MOST, // a model is computed and compared for each
            () ->
                Golden.check(folder.resolve(fixture))
                    .values()
                    .forEach(found -> assertNotNull(found)))
        .check(damaged);
  }

  /** A fixture that lacks what it is there to compare is refused or fails; it does not pass. */
  @ParameterizedTest
  @CsvSource({
    "collator, cases.json, input_ids",
    "collator, cases.json, labels",
    "collator, cases.json, cases",
    "tokenizers/hashbpe_unk, cases.jsonl, text",
    "tokenizers/hashbpe_unk, cases.jsonl, ids",
    "generation, processors.json, cases",
    "generation, processors.json, processors_in_order",
    "generation, generate.json, sequences",
    "training/checkpoint_rotation, expected.json, dirs",
    "training/checkpoint_rotation, expected.json, saves",
    "training/train_phi_epoch_remainder, inputs.json, train_rows_in_order",
    "training/train_phi_epoch_remainder, expected_v4.json, micro_losses",
    "training/train_phi_epoch_remainder, expected_v4.json, lr_used_at_step",
    "training/train_phi_epoch_remainder, expected_v5.json, log_history",
    "lora/lora_llama_qv, inputs.json, cases",
  })
  void fixturesWithoutWhatTheyExpect(String fixture, String name, String key) throws IOException {
    Path file = copied(fixture, name);
    String text = Files.readString(file).replace('"' + key + '"', "\"_" + key + '"');
    Files.writeString(file, text);
    boolean passes;
    try {
      passes =
          Golden.check(folder.resolve(fixture)).values().stream()
              .flatMap(List::stream)
              .allMatch(Comparison::passes);
    } catch (DataException e) {
      passes = false;
    }
    assertFalse(passes, key + " is gone, and the fixture passes");
  }

  /** A file of a fixture that was copied here, with the models that it is about. */
  private Path copied(String fixture, String name) throws IOException {
    copy("golden/" + fixture, folder.resolve(fixture));
    if (fixture.equals("generation")) {
      copy("golden/models", folder.resolve("models"));
    }
    return folder.resolve(fixture).resolve(name);
  }

  private static void copy(String source, Path target) throws IOException {
    Path root = shared(source);
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path copy = target.resolve(root.relativize(file).toString());
        Files.createDirectories(copy.getParent());
        Files.write(copy, Files.readAllBytes(file));
      }
    }
  }

  private static byte[] capsule(Map<String, byte[]> changes) throws IOException {
    Map<String, byte[]> contents = new LinkedHashMap<>();
    contents.put(Capsule.INDEX, INDEX.getBytes(StandardCharsets.UTF_8));
    for (String what : List.of("input", "before", "expected")) {
      ByteBuffer values = ByteBuffer.allocate(48).order(ByteOrder.LITTLE_ENDIAN);
      contents.put(Capsule.name(0, what, 0), values.array());
    }
    contents.put(Capsule.KERNELS + "entries", new byte[0]);
    contents.putAll(changes);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes, StandardCharsets.UTF_8)) {
      for (Map.Entry<String, byte[]> entry : contents.entrySet()) {
        zip.putNextEntry(new ZipEntry(entry.getKey()));
        zip.write(entry.getValue());
      }
    }
    return bytes.toByteArray();
  }

  private static Path shared(String path) {
    Path root =
        Path.of(
            Optional.ofNullable(System.getProperty("GATUN_SHARED"))
                .or(() -> Optional.ofNullable(System.getenv("GATUN_SHARED")))
                .orElse("../shared"));
    assumeTrue(Files.exists(root.resolve(path)), path + " is absent");
    return root.resolve(path);
  }
}
