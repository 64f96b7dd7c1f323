package dev.gatun.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.core.DataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CheckpointsTest {
  @TempDir private Path folder;

  private Path save(Checkpoints checkpoints, int step) {
    return checkpoints.save(
        step,
        path -> Files.writeString(path.resolve(TrainerState.FILE), "{\"step\": " + step + "}"));
  }

  private static List<String> names(Checkpoints checkpoints) {
    return checkpoints.all().stream().map(path -> path.getFileName().toString()).toList();
  }

  @Test
  void theNewestAndTheBestAreKept() {
    // What transformers 4.44.2 keeps with save_total_limit 5 and the best at step 4.
    Checkpoints checkpoints = new Checkpoints(folder, OptionalInt.of(5));
    String best = checkpoints.folder(4).toString();
    for (int step = 2; step <= 20; step += 2) {
      save(checkpoints, step);
      checkpoints.rotate(step < 4 ? checkpoints.folder(2).toString() : best);
    }
    assertEquals(
        List.of("checkpoint-4", "checkpoint-14", "checkpoint-16", "checkpoint-18", "checkpoint-20"),
        names(checkpoints));
  }

  @Test
  void aLimitOfOneKeepsTheNewestBesideTheBest() {
    Checkpoints checkpoints = new Checkpoints(folder, OptionalInt.of(1));
    String best = checkpoints.folder(2).toString();
    for (int step = 2; step <= 8; step += 2) {
      save(checkpoints, step);
      checkpoints.rotate(best);
    }
    assertEquals(List.of("checkpoint-2", "checkpoint-8"), names(checkpoints));
  }

  @Test
  void aCheckpointThatCannotBeWrittenLeavesTheOldOne() throws IOException {
    Checkpoints checkpoints = new Checkpoints(folder, OptionalInt.empty());
    Path saved = save(checkpoints, 7);
    assertThrows(
        DataException.class,
        () ->
            checkpoints.save(
                7,
                path -> {
                  Files.writeString(path.resolve(TrainerState.FILE), "half");
                  throw new IOException("No space left on device");
                }));
    Checkpoints.verify(saved);
    assertEquals(List.of("checkpoint-7"), names(checkpoints));
    try (var left = Files.list(folder)) {
      assertEquals(1, left.count(), "nothing temporary is left");
    }
  }

  @Test
  void whatAKilledRunLeftIsNotACheckpointAndIsRemoved() throws IOException {
    Checkpoints checkpoints = new Checkpoints(folder, OptionalInt.empty());
    save(checkpoints, 3);
    Path half = Files.createDirectory(folder.resolve("saving-checkpoint-4"));
    Files.writeString(half.resolve(TrainerState.FILE), "{");
    assertEquals(List.of("checkpoint-3"), names(checkpoints));
    checkpoints.removeUnfinished();
    assertFalse(Files.exists(half));
  }

  @Test
  void aChangedFileIsFoundOut() throws IOException {
    Checkpoints checkpoints = new Checkpoints(folder, OptionalInt.empty());
    Path saved = save(checkpoints, 3);
    Files.writeString(saved.resolve(TrainerState.FILE), "{}");
    DataException e = assertThrows(DataException.class, () -> Checkpoints.verify(saved));
    assertTrue(String.valueOf(e.getMessage()).contains(TrainerState.FILE), e.getMessage());
  }
}
