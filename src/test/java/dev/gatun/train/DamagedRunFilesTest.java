package dev.gatun.train;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.core.Damage;
import dev.gatun.core.DataException;
import dev.gatun.hub.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Damaged files of a run are read or refused in words: its configuration and its checkpoints. */
class DamagedRunFilesTest {
  private static final long MOST = 64 << 20;

  @TempDir private Path folder;

  /** A message names the file, or, inside of it, the section. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "configs/quickstart.json",
        "configs/recipe/3-finetune.json",
        "configs/recipe-small/2-pretrain.json"
      })
  void configurations(String shipped) throws IOException {
    Path original = Path.of(shipped);
    byte[] valid = Files.readAllBytes(original);
    Path file = Files.write(folder.resolve("config.json"), valid);
    List<String> sections =
        List.of(
            "config.json",
            "then",
            "run",
            "device",
            "tokenizer",
            "data",
            "model",
            "lora",
            "training",
            "generation",
            "samples",
            "questions");
    new Damage.Target(
            file,
            sections,
            MOST,
            () -> RunConfig.read(file.toString(), Json.readObject(file), List.of()))
        .check(Damage.of(valid, 1, 600));
  }

  @Test
  void trainerStates() throws IOException {
    TrainerState state = new TrainerState();
    state.log(Map.of("loss", 1.5, "learning_rate", 1e-3));
    state.offerBest(0.5, true, "checkpoint-1");
    state.progress(new EarlyStopping.Progress(0.5, 2));
    Path file = folder.resolve(TrainerState.FILE);
    Json.write(file, state.toJson());
    new Damage.Target(file, MOST, () -> TrainerState.read(folder))
        .check(Damage.of(Files.readAllBytes(file), 2, 600));
  }

  @Test
  void digests() throws IOException {
    Path checkpoint = checkpoint();
    Path sums = checkpoint.resolve(Checkpoints.SUMS);
    new Damage.Target(sums, List.of("checkpoint-1"), MOST, () -> Checkpoints.verify(checkpoint))
        .check(Damage.of(Files.readAllBytes(sums), 3, 600));
  }

  @ParameterizedTest
  @ValueSource(strings = {"../a.json", "/etc/passwd", "a\0b", "b/../a.json", "", ".", "..", "a b"})
  void noDigestIsOfAFileElsewhere(String name) throws IOException {
    Path checkpoint = checkpoint();
    Path sums = checkpoint.resolve(Checkpoints.SUMS);
    Files.writeString(sums, "0".repeat(64) + "  " + name + "\n");
    DataException e = assertThrows(DataException.class, () -> Checkpoints.verify(checkpoint));
    assertTrue(String.valueOf(e.getMessage()).contains("is not '<digest>  <file>'"), e.toString());
  }

  @Test
  void aListOfDigestsThatIsCutOffIsNotWhole() throws IOException {
    Path checkpoint = checkpoint();
    Path sums = checkpoint.resolve(Checkpoints.SUMS);
    Checkpoints.verify(checkpoint);
    Files.write(sums, Files.readAllLines(sums).subList(0, 1));
    DataException e = assertThrows(DataException.class, () -> Checkpoints.verify(checkpoint));
    assertTrue(String.valueOf(e.getMessage()).contains("has no digest of"), e.toString());
    assertTrue(String.valueOf(e.getMessage()).contains("b.safetensors"), e.toString());
  }

  @Test
  void otherFilesMayLieInACheckpoint() throws IOException {
    Path checkpoint = checkpoint();
    Files.writeString(checkpoint.resolve("notes.txt"), "good");
    Checkpoints.verify(checkpoint);
  }

  private Path checkpoint() {
    return new Checkpoints(folder, OptionalInt.empty())
        .save(
            1,
            at -> {
              Files.write(at.resolve("a.json"), "{}".getBytes(StandardCharsets.UTF_8));
              Files.write(at.resolve("b.safetensors"), new byte[8]);
            });
  }
}
