package dev.gatun.verify;

import dev.gatun.core.DType;
import dev.gatun.core.DataException;
import dev.gatun.generate.GenerationConfig;
import dev.gatun.generate.Generator;
import dev.gatun.generate.LogitsProcessor;
import dev.gatun.hub.HfDirectory;
import dev.gatun.hub.Json;
import dev.gatun.hub.JsonFields;
import dev.gatun.hub.ModelConfigs;
import dev.gatun.hub.StateDict;
import dev.gatun.hub.Weights;
import dev.gatun.memory.Region;
import dev.gatun.model.CausalLm;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Score processors and greedy texts as transformers computes them.
 *
 * <p>A fixture is a folder with {@code processors.json} and {@code processors_expected.safetensors}
 * (scores before, after each processor, and probabilities), with {@code generate.json} (prompts and
 * the texts they became, of a model in {@code ../models/MODEL}), or with both.
 */
final class GoldenGeneration {
  private static final String PROCESSORS = "processors.json";
  private static final String SCORES = "processors_expected.safetensors";
  private static final String GENERATE = "generate.json";
  private static final double SCORE = 1e-5;
  private static final double PROBABILITY = 2e-6;

  private final Path folder;
  private final List<Comparison> comparisons = new ArrayList<>();

  private GoldenGeneration(Path folder) {
    this.folder = folder;
  }

  static boolean is(Path folder) {
    return Files.isRegularFile(folder.resolve(GENERATE))
        || (Files.isRegularFile(folder.resolve(PROCESSORS))
            && Files.isRegularFile(folder.resolve(SCORES)));
  }

  /**
   * Compares everything that a fixture expects.
   *
   * @throws DataException if a file of the fixture is absent or broken
   */
  static List<Comparison> check(Path folder) {
    GoldenGeneration check = new GoldenGeneration(folder);
    if (Files.exists(folder.resolve(PROCESSORS))) {
      try (ExpectedTensors expected = new ExpectedTensors(folder.resolve(SCORES))) {
        check.cases(PROCESSORS).forEach(fields -> check.processors(fields, expected));
        expected.requireAllUsed();
      }
    }
    if (Files.exists(folder.resolve(GENERATE))) {
      check.cases(GENERATE).forEach(check::texts);
    }
    return check.comparisons;
  }

  private List<JsonFields> cases(String file) {
    Path path = folder.resolve(file);
    return JsonFields.ofData(path.toString(), Json.readObject(path)).objects("cases");
  }

  private void processors(JsonFields fields, ExpectedTensors expected) {
    int number = fields.integer("case");
    String where = "processors/" + number + "/";
    float[] scores = floats(expected.values(number + "/logits"));
    int[] history = history(fields, scores.length);
    List<LogitsProcessor> processors = LogitsProcessor.of(sampling(fields));
    List<String> names = fields.texts("processors_in_order");
    comparisons.add(
        new Comparison(where + "processors", names.equals(names(processors)) ? 0 : 1, 0));
    for (LogitsProcessor processor : processors) {
      processor.process(scores, history);
      String name = name(processor);
      if (expected.has(number + "/after_" + name)) {
        double[] after = expected.values(number + "/after_" + name);
        comparisons.add(new Comparison(where + name, error(scores, after), SCORE));
      }
    }
    long kept = kept(scores);
    comparisons.add(new Comparison(where + "kept", Math.abs(kept - fields.integer("n_kept")), 0));
    double[] probabilities = expected.values(number + "/probs");
    comparisons.add(
        new Comparison(
            where + "probabilities", error(softmax(scores), probabilities), PROBABILITY));
  }

  private static int[] history(JsonFields fields, int vocabulary) {
    int[] history = fields.integers("history").stream().mapToInt(Integer::intValue).toArray();
    if (Arrays.stream(history).anyMatch(id -> id < 0 || id >= vocabulary)) {
      throw fields.error("history", "must hold ids below " + vocabulary);
    }
    return history;
  }

  private static GenerationConfig sampling(JsonFields fields) {
    return new GenerationConfig(
        1,
        true,
        fields.number("temperature", 1),
        fields.integer("top_k", 50),
        fields.number("top_p", 1),
        fields.number("min_p", 0),
        fields.number("repetition_penalty", 1),
        fields.integer("no_repeat_ngram_size", 0),
        1,
        0,
        List.of(),
        List.of());
  }

  private static List<String> names(List<LogitsProcessor> processors) {
    return processors.stream().map(GoldenGeneration::name).toList();
  }

  /** What transformers calls a processor. */
  private static String name(LogitsProcessor processor) {
    return switch (processor) {
      case LogitsProcessor.RepetitionPenalty _ -> "RepetitionPenaltyLogitsProcessor";
      case LogitsProcessor.NoRepeatNgram _ -> "NoRepeatNGramLogitsProcessor";
      case LogitsProcessor.Temperature _ -> "TemperatureLogitsWarper";
      case LogitsProcessor.TopK _ -> "TopKLogitsWarper";
      case LogitsProcessor.TopP _ -> "TopPLogitsWarper";
      case LogitsProcessor.MinP _ -> "MinPLogitsWarper";
    };
  }

  private static long kept(float[] scores) {
    long kept = 0;
    for (float score : scores) {
      kept += score > Float.NEGATIVE_INFINITY ? 1 : 0;
    }
    return kept;
  }

  /**
   * Which of several equal scores stay is left to an unstable sort there: order is not compared.
   */
  private static double error(float[] actual, double[] expected) {
    double[] values = new double[actual.length];
    Arrays.setAll(values, i -> actual[i]);
    return error(values, expected);
  }

  private static double error(double[] actual, double[] expected) {
    if (actual.length != expected.length) {
      return Double.POSITIVE_INFINITY;
    }
    double[] a = sorted(actual);
    double[] b = sorted(expected);
    double error = 0;
    for (int i = 0; i < a.length; i++) {
      double difference = a[i] == b[i] ? 0 : Math.abs(a[i] - b[i]) / Math.max(1, Math.abs(b[i]));
      error = Math.max(error, Double.isNaN(difference) ? Double.POSITIVE_INFINITY : difference);
    }
    return error;
  }

  private static double[] sorted(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted;
  }

  private static double[] softmax(float[] scores) {
    double max = Double.NEGATIVE_INFINITY;
    for (float score : scores) {
      max = Math.max(max, score);
    }
    double sum = 0;
    double[] probabilities = new double[scores.length];
    for (int i = 0; i < scores.length; i++) {
      probabilities[i] = Math.exp(scores[i] - max);
      sum += probabilities[i];
    }
    double total = sum;
    Arrays.setAll(probabilities, i -> probabilities[i] / total);
    return probabilities;
  }

  /** One batch of prompts, with the end token of the fixture and with the others it tried. */
  private void texts(JsonFields fields) {
    Path models = folder.toAbsolutePath().normalize().resolveSibling("models");
    Path path = models.resolve(Path.of(fields.text("model")).getFileName());
    HfDirectory directory = new HfDirectory(path);
    CausalLm model = ModelConfigs.read(directory).build();
    try (Region region = new Region("model");
        Weights weights = directory.openWeights()) {
      model.parameters().materialize(region, DType.F32);
      StateDict.load(model.parameters(), weights);
      int[][] ids = GoldenCase.requiredMatrix(fields, "input_ids");
      int[][] mask = GoldenCase.requiredMatrix(fields, "attention_mask");
      requireLeftPadding(fields, mask, ids);
      String where = "generate/" + fields.text("model") + " " + ids.length + "x" + ids[0].length;
      List<Generator.Prompt> prompts = prompts(ids, mask);
      compare(where, model, prompts, ids[0].length, fields, fields);
      fields
          .object("with_eos")
          .ifPresent(
              other -> compare(where + " eos", model, prompts, ids[0].length, fields, other));
    }
  }

  private static void requireLeftPadding(JsonFields fields, int[][] mask, int[][] ids) {
    GoldenCase.requireShape(fields, "attention_mask", mask, ids);
    for (int[] row : mask) {
      boolean padded = row[row.length - 1] == 1;
      for (int i = 0; i < row.length; i++) {
        padded &= row[i] == 1 || (row[i] == 0 && (i == 0 || row[i - 1] == 0));
      }
      if (!padded) {
        throw fields.error("attention_mask", "must hold zeros, then ones, in each row");
      }
    }
  }

  private static List<Generator.Prompt> prompts(int[][] ids, int[][] mask) {
    List<Generator.Prompt> prompts = new ArrayList<>();
    for (int b = 0; b < ids.length; b++) {
      int padding = 0;
      while (mask[b][padding] == 0) {
        padding++;
      }
      prompts.add(
          new Generator.Prompt(
              Arrays.copyOfRange(ids[b], padding, ids[b].length),
              Arrays.copyOf(ids[b], padding),
              b));
    }
    return prompts;
  }

  /** Counts the positions in which a batch differs; texts that ended are filled with padding. */
  private void compare(
      String where,
      CausalLm model,
      List<Generator.Prompt> prompts,
      int width,
      JsonFields settings,
      JsonFields expected) {
    int[][] sequences = GoldenCase.requiredMatrix(expected, "sequences");
    if (sequences.length != prompts.size() || sequences[0].length < width) {
      throw expected.error("sequences", "must continue each row of input_ids");
    }
    GenerationConfig config =
        new GenerationConfig(
            settings.integer("max_new_tokens"),
            false,
            1,
            0,
            1,
            0,
            settings.number("repetition_penalty", 1),
            settings.integer("no_repeat_ngram_size", 0),
            1,
            0,
            List.of(expected.integer("eos_token_id")),
            List.of());
    List<int[]> added = new Generator(model).generate(prompts, config, (_, _) -> true);
    for (int b = 0; b < sequences.length; b++) {
      int[] golden = Arrays.copyOfRange(sequences[b], width, sequences[b].length);
      int[] own = Arrays.copyOf(added.get(b), golden.length);
      if (added.get(b).length < golden.length) {
        Arrays.fill(own, added.get(b).length, golden.length, expected.integer("pad_token_id"));
      }
      long differing = Math.max(0, added.get(b).length - golden.length);
      for (int i = 0; i < golden.length; i++) {
        differing += own[i] == golden[i] ? 0 : 1;
      }
      comparisons.add(new Comparison(where + " row " + b, differing, 0));
    }
  }

  private static float[] floats(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }
}
