package dev.gatun.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.core.ConfigurationException;
import dev.gatun.core.DataException;
import dev.gatun.core.NotFiniteException;
import dev.gatun.hub.Json;
import dev.gatun.hub.JsonFields;
import dev.gatun.hub.TokenizerFolder;
import dev.gatun.memory.Region;
import dev.gatun.model.CausalLm;
import dev.gatun.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole runs of a tiny model, stopped, resumed and led into trouble. */
final class TrainingRunTest {
  @TempDir private Path folder;
  private final List<String> messages = new ArrayList<>();

  @BeforeEach
  void writeText() throws IOException {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 60; i++) {
      text.append("line ").append(i).append(" of a text with ").append(i * 7 % 10).append("\n");
    }
    Files.writeString(folder.resolve("text.txt"), text);
  }

  private RunConfig config(String output, String... overrides) {
    String json =
        """
        {
          "tokenizer": {"type": "characters"},
          "data": {"train_file": "%s", "test_size": 8, "context_length": 24, "append_eos": true},
          "model": {"config": {
            "model_type": "phi", "hidden_size": 16, "intermediate_size": 32,
            "num_hidden_layers": 2, "num_attention_heads": 2, "max_position_embeddings": 32,
            "resid_pdrop": 0.1, "embd_pdrop": 0.1, "attention_dropout": 0.1}},
          "training": {
            "per_device_train_batch_size": 3, "gradient_accumulation_steps": 4, "max_steps": 12,
            "learning_rate": 1e-3, "warmup_steps": 2, "logging_steps": 1, "save_strategy": "no"},
          "run": {"digest": true, "output_dir": "%s"}
        }
        """
            .formatted(folder.resolve("text.txt"), folder.resolve(output));
    return RunConfig.read(
        "test",
        Json.parseObject("test", json.getBytes(StandardCharsets.UTF_8)),
        List.of(overrides));
  }

  private TrainingRun.Outcome run(RunConfig config, BooleanSupplier stop) {
    messages.clear();
    return new TrainingRun(config, new Listener(messages), stop).run();
  }

  private static boolean never() {
    return false;
  }

  private String digest() {
    return messages.stream().filter(line -> line.startsWith("digest ")).findFirst().orElseThrow();
  }

  /** The loss is asked for a stop between micro-batches too, so every moment is tried. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 17, 30})
  void aRunThatIsStoppedAnywhereAndResumedHasTheSameBits(int question) {
    run(config("whole"), TrainingRunTest::never);
    String whole = digest();
    AtomicInteger asked = new AtomicInteger();
    assertEquals(
        TrainingRun.Outcome.STOPPED,
        run(config("stopped"), () -> asked.incrementAndGet() >= question));
    assertEquals(
        TrainingRun.Outcome.COMPLETED,
        run(config("stopped", "training.resume_from_checkpoint=true"), TrainingRunTest::never));
    assertEquals(whole, digest());
    assertEquals(metrics("whole", "loss"), metrics("stopped", "loss"));
  }

  /** What decides on the best checkpoint is known before the first step. */
  @Test
  void aMetricThatNoEvaluationHasIsRefused() {
    ConfigurationException e =
        assertThrows(
            ConfigurationException.class,
            () -> config("none", "training.metric_for_best_model=bleu"));
    assertTrue(e.toString().contains("training.metric_for_best_model is 'bleu'"), e.toString());
    assertTrue(
        config("accuracy", "training.metric_for_best_model=accuracy").training().greaterIsBetter());
    assertFalse(
        config("perplexity", "training.metric_for_best_model=eval_perplexity")
            .training()
            .greaterIsBetter());
  }

  /** transformers writes one text where it was given one. */
  @ParameterizedTest
  @ValueSource(strings = {"\"x\"", "[\"x\"]"})
  void stopStringsAreATextOrSeveral(String value) {
    byte[] json = "{\"stop_strings\": %s}".formatted(value).getBytes(StandardCharsets.UTF_8);
    JsonFields fields = JsonFields.ofConfiguration("test", Json.parseObject("test", json));
    assertEquals(List.of("x"), GenerationConfigs.read(fields).stopStrings());
  }

  @Test
  void bf16ChangesTheBitsButNotTheCourse() {
    run(config("f32"), TrainingRunTest::never);
    String f32 = digest();
    run(config("bf16", "training.bf16=true"), TrainingRunTest::never);
    assertNotEquals(f32, digest());
    List<Double> expected = metrics("f32", "loss");
    List<Double> rounded = metrics("bf16", "loss");
    for (int i = 0; i < expected.size(); i++) {
      assertEquals(expected.get(i), rounded.get(i), 5e-3 * expected.get(i), "step " + (i + 1));
    }
  }

  @Test
  void questionsMayComeFromAFile() throws IOException {
    Path file = folder.resolve("questions.jsonl");
    Files.writeString(
        file,
        """
        {"question": "line 1", "answer": "cannot be"}
        {"question": "line 2", "answer": "nor this"}
        """);
    String[] asks = {
      "questions.file=" + file,
      "questions.template={instruction}",
      "generation.max_new_tokens=4",
      "training.max_steps=1"
    };
    run(config("asked", asks), TrainingRunTest::never);
    assertTrue(
        messages.contains("exact match after training: 0.0 % of 2 questions"), messages.toString());
    Files.writeString(file, "{\"question\": \"line 1\"}");
    DataException e =
        assertThrows(DataException.class, () -> run(config("asked", asks), TrainingRunTest::never));
    assertTrue(e.toString().contains("'answer' is missing"), e.toString());
  }

  @Test
  void earlyStoppingEndsTheRunAndSavesIt() {
    String[] impatient = {
      "training.learning_rate=0",
      "training.eval_strategy=steps",
      "training.eval_steps=2",
      "training.early_stopping_patience=2"
    };
    assertEquals(
        TrainingRun.Outcome.COMPLETED, run(config("early", impatient), TrainingRunTest::never));
    // Evaluated at 2, without progress at 4 and 6.
    assertEquals(List.of(2.0, 4.0, 6.0), metrics("early", "step", "eval_loss"));
    assertTrue(Files.isDirectory(folder.resolve("early/checkpoint-6")));
    assertTrue(messages.stream().anyMatch(line -> line.startsWith("early stopping at step 6")));
  }

  @Test
  void patienceIsHuggingFacesRule() {
    EarlyStopping rule = new EarlyStopping(2, 0.1);
    EarlyStopping.Progress progress = EarlyStopping.Progress.NONE;
    double[] losses = {3.0, 2.95, 2.8, 2.75, 2.74};
    int[] counts = {0, 1, 0, 1, 2};
    for (int i = 0; i < losses.length; i++) {
      progress = rule.after(progress, losses[i], false);
      assertEquals(counts[i], progress.withoutProgress(), "evaluation " + i);
    }
    assertTrue(rule.isOver(progress));
  }

  @Test
  void anInfiniteLossStopsTheRunAndShowsTheBatch() throws IOException {
    poison();
    NotFiniteException failure =
        assertThrows(NotFiniteException.class, () -> run(poisoned("stop"), TrainingRunTest::never));
    Matcher named = Pattern.compile("are in (.*\\.json)").matcher(failure.toString());
    assertTrue(named.find(), failure.toString());
    String shown = Files.readString(Path.of(named.group(1)));
    assertTrue(shown.contains("\"text\"") && shown.contains("9"), shown);
  }

  @Test
  void groupsWithAnInfiniteLossCanBeLeftOut() throws IOException {
    poison();
    assertEquals(TrainingRun.Outcome.COMPLETED, run(poisoned("skip"), TrainingRunTest::never));
    assertEquals(12, metrics("poisoned", "loss").size());
    assertTrue(metrics("poisoned", "loss").stream().allMatch(Double::isFinite));
    assertTrue(messages.stream().anyMatch(line -> line.contains("was left out")));
  }

  @Test
  void theBudgetEnds() throws IOException {
    poison();
    NotFiniteException failure =
        assertThrows(
            NotFiniteException.class,
            () ->
                run(
                    poisoned("skip", "training.nonfinite_budget=1", "training.max_steps=40"),
                    TrainingRunTest::never));
    assertTrue(failure.toString().contains("nonfinite_budget"), failure.toString());
  }

  @Test
  void aRunCanRollBackToItsNewestCheckpoint() throws IOException {
    poison();
    String[] saving = {"training.save_strategy=steps", "training.save_steps=1"};
    assertEquals(
        TrainingRun.Outcome.COMPLETED, run(poisoned("rollback", saving), TrainingRunTest::never));
    String rolledBack = digest();
    // With a checkpoint after every step nothing is lost but the group: the same as leaving it out.
    run(poisoned("skip", "run.output_dir=" + folder.resolve("skipped")), TrainingRunTest::never);
    assertEquals(digest(), rolledBack);
    assertEquals(metrics("skipped", "step", "loss"), metrics("poisoned", "step", "loss"));
  }

  @Test
  void combinationsThatCannotWorkAreRefused() {
    for (String[] overrides :
        new String[][] {
          {"training.load_best_model_at_end=true"},
          {"training.early_stopping_patience=3"},
          {"training.fp16=true"},
          {"training.label_smoothing_factor=1.5"},
          {"training.report_to=wandb"},
          {
            "training.load_best_model_at_end=true",
            "training.eval_strategy=steps",
            "training.save_strategy=steps",
            "training.eval_steps=3",
            "training.save_steps=4"
          }
        }) {
      ConfigurationException failure =
          assertThrows(ConfigurationException.class, () -> config("never", overrides));
      String key = overrides[0].substring("training.".length()).replaceFirst("=.*", "");
      assertTrue(failure.toString().contains(key), failure.toString());
    }
    assertFalse(Files.exists(folder.resolve("never")));
  }

  /** A model with an infinite embedding for '9', so that some batches have no finite loss. */
  private void poison() throws IOException {
    run(config("base", "training.max_steps=1"), TrainingRunTest::never);
    Path base = folder.resolve("base");
    int nine = TokenizerFolder.read(base).tokenizer().id("9").orElseThrow();
    try (Region region = new Region("poison")) {
      CausalLm model = ModelSetup.load(base, region);
      Tensor table = model.inputEmbeddings().weight().value();
      table
          .segment()
          .setAtIndex(
              ValueLayout.JAVA_FLOAT,
              (long) nine * table.shape().columns(),
              Float.POSITIVE_INFINITY);
      ModelSetup.save(model, base);
    }
  }

  private RunConfig poisoned(String policy, String... more) {
    List<String> overrides =
        new ArrayList<>(
            List.of(
                "model={\"path\": \"" + folder.resolve("base") + "\"}",
                "tokenizer={\"path\": \"" + folder.resolve("base") + "\"}",
                "training.gradient_accumulation_steps=1",
                "training.nonfinite_budget=1000",
                "training.nonfinite_policy=" + policy));
    overrides.addAll(List.of(more));
    return config("poisoned", overrides.toArray(String[]::new));
  }

  /** A figure of all log entries that have it (or have another one). */
  private List<Double> metrics(String output, String figure, String... having) {
    try {
      List<Double> values = new ArrayList<>();
      for (String line : Files.readAllLines(folder.resolve(output).resolve(Metrics.FILE))) {
        var entry = Json.parseObject("metrics", line.getBytes(StandardCharsets.UTF_8));
        if (entry.has(having.length == 0 ? figure : having[0])) {
          values.add(entry.get(figure).asDouble());
        }
      }
      return values;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private record Listener(List<String> messages) implements RunListener {
    @Override
    public void message(String text) {
      messages.add(text);
    }

    @Override
    public void step(int step, int totalSteps, StepReport report) {}

    @Override
    public void log(Map<String, Double> entry) {}

    @Override
    public void sample(String prompt, String continuation) {}

    @Override
    public void saved(Path checkpoint) {}
  }
}
