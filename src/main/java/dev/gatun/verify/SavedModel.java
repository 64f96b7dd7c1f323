package dev.gatun.verify;

import dev.gatun.memory.HostStorage;
import dev.gatun.memory.Storage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A model that has been trained for a step, saved by each column and loaded by the same column and
 * by the CPU: parameters and logits are the same bits.
 */
final class SavedModel {
  private final Columns columns;
  private final ModelCase model;

  SavedModel(Columns columns, ModelCase model) {
    this.columns = columns;
    this.model = model;
  }

  List<Check> check() {
    List<Check> checks = new ArrayList<>();
    for (Target target : columns.targets(model)) {
      Target.Attempt<List<Check>> attempt =
          target.attempt(storage -> check(storage, target.name()));
      checks.addAll(attempt.result().orElse(List.of()));
      for (String finding : attempt.findings()) {
        checks.add(Check.failure(Level.FILES, model.name(), "", target.name(), finding));
      }
    }
    return checks;
  }

  private List<Check> check(Storage storage, String column) {
    Path folder = temporary();
    try (ModelColumn trained = ModelColumn.in(model, storage)) {
      trained.train(1, 1);
      trained.save(folder);
      Map<String, double[]> expected = results(trained);
      List<Check> checks = new ArrayList<>();
      try (ModelColumn loaded = load(folder, storage)) {
        compare(checks, column, results(loaded), expected, "loaded");
      }
      try (ModelColumn loaded = load(folder, HostStorage.HOST)) {
        compare(checks, column, loaded.parameters(), expected, "loaded on the cpu");
      }
      return checks;
    } finally {
      delete(folder);
    }
  }

  private ModelColumn load(Path folder, Storage storage) {
    ModelColumn fresh = ModelColumn.in(model, storage);
    fresh.load(folder);
    return fresh;
  }

  private static Map<String, double[]> results(ModelColumn column) {
    Map<String, double[]> results = new LinkedHashMap<>(column.parameters());
    results.put("logits", column.forward(new Recorder()).logits());
    return results;
  }

  private void compare(
      List<Check> checks,
      String column,
      Map<String, double[]> actual,
      Map<String, double[]> expected,
      String how) {
    actual.forEach(
        (what, values) -> {
          double[] exact = expected.getOrDefault(what, new double[0]);
          Errors errors = Errors.of(values, exact, i -> 0);
          String name = what + " " + how;
          checks.add(new Check(Level.FILES, model.name(), name, column, errors, 0, List.of()));
        });
  }

  private static Path temporary() {
    try {
      return Files.createTempDirectory("gatun-verify");
    } catch (IOException e) {
      throw new UncheckedIOException("no temporary folder can be made", e);
    }
  }

  private static void delete(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(folder + " cannot be deleted", e);
    }
  }
}
