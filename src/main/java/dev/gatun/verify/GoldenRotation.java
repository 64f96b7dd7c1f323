package dev.gatun.verify;

import dev.gatun.hub.Json;
import dev.gatun.hub.JsonFields;
import dev.gatun.train.Checkpoints;
import dev.gatun.train.TrainerState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * Which checkpoints a run keeps: the scenarios of {@code checkpoint_rotation}, in which
 * transformers' trainer evaluated, saved and deleted. Each is played with our own folders in a
 * temporary place; a comparison counts the differences.
 */
final class GoldenRotation {
  private GoldenRotation() {}

  /** Whether a folder is such a fixture. */
  static boolean is(Path folder) {
    Path file = folder.resolve("expected.json");
    return Files.isRegularFile(file)
        && Json.readObject(file).path("scenarios").path(0).has("save_total_limit");
  }

  static List<Comparison> check(Path folder) {
    List<Comparison> comparisons = new ArrayList<>();
    JsonFields file = JsonFields.ofData(folder.resolve("expected.json"));
    for (JsonFields scenario : file.objects("scenarios")) {
      comparisons.addAll(play(scenario));
    }
    return comparisons;
  }

  private static List<Comparison> play(JsonFields scenario) {
    try {
      Path outputDir = Files.createTempDirectory("gatun-rotation");
      try {
        return play(scenario, outputDir);
      } finally {
        delete(outputDir);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<Comparison> play(JsonFields scenario, Path outputDir) {
    int limit = scenario.integer("save_total_limit");
    Checkpoints checkpoints = new Checkpoints(outputDir, OptionalInt.of(limit));
    TrainerState state = new TrainerState();
    List<Comparison> comparisons = new ArrayList<>();
    List<Double> evaluations = scenario.numbers("eval_values");
    List<JsonFields> saves = scenario.objects("saves");
    if (saves.isEmpty() || evaluations.size() < saves.size()) {
      throw scenario.error("saves", "must hold saves, and eval_values a value for each");
    }
    for (int i = 0; i < saves.size(); i++) {
      int step = saves.get(i).integer("step");
      state.offerBest(
          evaluations.get(i),
          scenario.flag("greater_is_better", true),
          checkpoints.folder(step).toString());
      checkpoints.save(step, path -> Json.write(path.resolve("trainer_state.json"), Json.object()));
      checkpoints.rotate(state.bestModelCheckpoint());
      String what = scenario.text("name") + " step " + step;
      comparisons.add(same(what + " folders", saves.get(i).texts("dirs"), names(checkpoints)));
      comparisons.add(
          same(what + " best", List.of(saves.get(i).text("best")), List.of(best(state))));
    }
    if (limit == 1) {
      checkpoints.keepOnly(String.valueOf(state.bestModelCheckpoint()));
    }
    comparisons.add(
        same(scenario.text("name") + " end", scenario.texts("final_dirs"), names(checkpoints)));
    return comparisons;
  }

  private static Comparison same(String what, List<String> expected, List<String> kept) {
    long missing = expected.stream().filter(name -> !kept.contains(name)).count();
    long unexpected = kept.stream().filter(name -> !expected.contains(name)).count();
    return new Comparison(what, missing + unexpected, 0);
  }

  private static String best(TrainerState state) {
    return Path.of(String.valueOf(state.bestModelCheckpoint())).getFileName().toString();
  }

  private static List<String> names(Checkpoints checkpoints) {
    return checkpoints.all().stream().map(path -> path.getFileName().toString()).toList();
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> paths = Files.walk(folder)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
