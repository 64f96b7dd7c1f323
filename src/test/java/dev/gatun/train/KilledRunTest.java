package dev.gatun.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A run in a process of its own that is killed (SIGKILL) at random moments and resumed, again and
 * again: every checkpoint on the disk is whole at every moment, and the run that comes to its end
 * has the bits of one that nobody disturbed. The run saves after every step, so that most kills hit
 * it while it is writing.
 */
final class KilledRunTest {
  private static final int STEPS = 150;

  @TempDir private Path folder;

  @Test
  void aRunSurvivesBeingKilled() throws Exception {
    kill(4);
  }

  @Test
  @Tag("slow")
  void aRunSurvivesBeingKilledTwoHundredTimes() throws Exception {
    kill(200);
  }

  private void kill(int times) throws Exception {
    write();
    Random random = new Random(times);
    int killed = 0;
    int begunAnew = 0;
    while (killed < times) {
      Process process = start("killed", newest() > 0);
      boolean ended = process.waitFor(600 + random.nextInt(2_000), TimeUnit.MILLISECONDS);
      if (ended) {
        assertEquals(0, process.exitValue(), output("killed"));
        begunAnew++;
        delete(folder.resolve("killed"));
      } else {
        process.destroyForcibly().waitFor();
        killed++;
      }
      for (Path checkpoint : checkpoints().all()) {
        Checkpoints.verify(checkpoint);
      }
    }
    assertEquals(0, start("killed", newest() > 0).waitFor(), output("killed"));
    assertEquals(0, start("whole", false).waitFor(), output("whole"));
    assertEquals(digest("whole"), digest("killed"), "begun anew " + begunAnew + " times");
    assertEquals(2, newest());
    try (Stream<Path> left = Files.list(folder.resolve("killed"))) {
      assertTrue(left.noneMatch(path -> path.getFileName().toString().startsWith("saving-")));
    }
  }

  private Checkpoints checkpoints() {
    return new Checkpoints(folder.resolve("killed"), OptionalInt.empty());
  }

  private int newest() {
    return checkpoints().all().size();
  }

  private Process start(String output, boolean resume) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "--add-modules=jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.gatun.cli.App",
                "train",
                folder.resolve("run.json").toString(),
                "--set",
                "run.output_dir=" + folder.resolve(output)));
    if (resume) {
      command.add("--resume");
    }
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve(output + ".log").toFile())
        .start();
  }

  private String output(String name) throws IOException {
    return Files.readString(folder.resolve(name + ".log"));
  }

  private String digest(String name) throws IOException {
    return output(name)
        .lines()
        .filter(line -> line.startsWith("digest "))
        .findFirst()
        .orElseThrow(() -> new AssertionError(name + " printed no digest"));
  }

  private void write() throws IOException {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 40; i++) {
      text.append("sentence ").append(i).append(" of a text\n");
    }
    Files.writeString(folder.resolve("text.txt"), text);
    Files.writeString(
        folder.resolve("run.json"),
        """
        {
          "device": {"threads": 1},
          "tokenizer": {"type": "characters"},
          "data": {"train_file": "%s", "context_length": 16},
          "model": {"config": {
            "model_type": "llama", "hidden_size": 16, "intermediate_size": 32,
            "num_hidden_layers": 1, "num_attention_heads": 2, "max_position_embeddings": 16}},
          "training": {
            "per_device_train_batch_size": 2, "max_steps": %d, "learning_rate": 1e-3,
            "save_strategy": "steps", "save_steps": 1, "save_total_limit": 2,
            "logging_steps": 100},
          "run": {"digest": true}
        }
        """
            .formatted(folder.resolve("text.txt"), STEPS),
        StandardCharsets.UTF_8);
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> paths = Files.walk(folder)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
