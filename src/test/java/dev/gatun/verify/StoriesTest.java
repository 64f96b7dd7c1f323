package dev.gatun.verify;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gatun.autograd.Step;
import dev.gatun.core.DType;
import dev.gatun.core.Shape;
import dev.gatun.hub.HfDirectory;
import dev.gatun.hub.Json;
import dev.gatun.hub.JsonFields;
import dev.gatun.hub.ModelConfigs;
import dev.gatun.hub.StateDict;
import dev.gatun.hub.Weights;
import dev.gatun.memory.Region;
import dev.gatun.model.CausalLm;
import dev.gatun.model.ForwardInput;
import dev.gatun.nn.KvCache;
import dev.gatun.op.Ops;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.Tensors;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A trained model of 260,000 parameters tells its stories, token by token through the cache. */
final class StoriesTest {
  private static final Path STORIES =
      Path.of(System.getenv().getOrDefault("GATUN_SHARED", "../shared"), "data", "stories260K");

  /**
   * Weights rounded to BF16 leave the path where two tokens are almost equally likely; until then
   * they tell the same.
   */
  @ParameterizedTest
  @CsvSource({"hf, 257", "hf-sharded, 60", "hf-f16, 60", "hf-bf16, 60"})
  void greedyStoriesAreThoseOfTheReference(String form, int longest) {
    try (Region region = new Region("model")) {
      CausalLm model = load(form, region);
      for (JsonFields story : stories()) {
        int[] expected = ints(story, "greedy_ids");
        int length = Math.min(longest, expected.length);
        int[] actual = greedy(model, ints(story, "prompt_ids"), length);
        assertArrayEquals(Arrays.copyOf(expected, length), actual, story.text("prompt"));
      }
    }
  }

  /** 11 and 8 bits of mantissa in the file; computed in F32. */
  @ParameterizedTest
  @CsvSource({"hf, 2e-5", "hf-sharded, 2e-5", "hf-f16, 2e-2", "hf-bf16, 1.5e-1"})
  void firstLogitsAreAsCloseAsTheStoredType(String form, float tolerance) {
    try (Region region = new Region("model")) {
      CausalLm model = load(form, region);
      for (JsonFields story : stories()) {
        float[] expected = new float[model.config().vocabSize()];
        List<Double> values = story.numbers("first_step_logits");
        for (int i = 0; i < expected.length; i++) {
          expected[i] = values.get(i).floatValue();
        }
        int[] prompt = ints(story, "prompt_ids");
        float[] logits =
            Step.run(
                region,
                () ->
                    Tensors.toFloats(
                        model.lastLogits(
                            ForwardInput.of(
                                region, Tensors.of(region, Shape.of(1, prompt.length), prompt)))));
        assertArrayEquals(expected, logits, tolerance, story.text("prompt"));
      }
    }
  }

  private static int[] greedy(CausalLm model, int[] prompt, int length) {
    try (Region session = new Region("session");
        Region step = new Region("step")) {
      step.poisonOnReset();
      KvCache cache = model.newCache(session, 1, length);
      int[] ids = new int[length];
      System.arraycopy(prompt, 0, ids, 0, prompt.length);
      int[] next = prompt;
      for (int i = prompt.length; i < length; i++) {
        step.reset();
        int[] read = next;
        int id =
            Step.run(
                step,
                () -> {
                  Tensor tokens = Tensors.of(step, Shape.of(1, read.length), read);
                  ForwardInput in = ForwardInput.of(step, tokens, new int[1], cache);
                  return Tensors.toInts(Ops.argMax(model.lastLogits(in)))[0];
                });
        ids[i] = id;
        next = new int[] {id};
      }
      assertEquals(length - 1, cache.length(), "the last token is not read again");
      return ids;
    }
  }

  private static CausalLm load(String form, Region region) {
    Path folder = STORIES.resolve(form);
    assumeTrue(Files.isDirectory(folder), () -> folder + " is absent");
    HfDirectory directory = new HfDirectory(folder);
    CausalLm model = ModelConfigs.read(directory).build();
    model.parameters().materialize(region, DType.F32);
    try (Weights weights = directory.openWeights()) {
      StateDict.load(model.parameters(), weights);
    }
    return model;
  }

  private static List<JsonFields> stories() {
    Path file = STORIES.resolve("golden.json");
    return new ArrayList<>(
        JsonFields.ofData(file.toString(), Json.readObject(file)).objects("cases"));
  }

  private static int[] ints(JsonFields fields, String key) {
    return fields.integers(key).stream().mapToInt(Integer::intValue).toArray();
  }
}
