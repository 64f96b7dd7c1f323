package dev.gatun.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.hub.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BenchStepTest {
  private static final String TINY =
      """
      {"model_type": "gpt2", "n_embd": 16, "n_layer": 2, "n_head": 2, "n_positions": 8,
       "vocab_size": 11, "attn_pdrop": 0.0, "embd_pdrop": 0.0, "resid_pdrop": 0.0}
      """;

  @TempDir private Path folder;

  /** Through a writer that flushes only where a program's standard output does. */
  @Test
  void printsOneJsonObject() throws IOException {
    var object = Json.parseObject("bench", bench("--json").getBytes(StandardCharsets.UTF_8));
    assertEquals(2 * 8, object.get("batch").asInt() * object.get("seq").asInt());
    assertTrue(object.get("tokens_per_s").asDouble() > 0);
    assertTrue(object.get("peak_bytes").asLong() > 0);
  }

  /** An adapter has few gradients and moments, and frozen weights may take fewer bits. */
  @Test
  void anAdapterTakesLessMemoryThanTheModel() throws IOException {
    long whole = peakBytes("--json");
    long adapter = peakBytes("--json", "--lora", "1");
    long stored = peakBytes("--json", "--lora", "1", "--base", "bf16");
    assertTrue(adapter < whole, adapter + " of " + whole);
    assertTrue(stored < adapter, stored + " of " + adapter);
  }

  @Test
  void bf16RoundsTheWeightsOfAStep() throws IOException {
    assertTrue(bench("--profile", "--dtype", "bf16").contains("cast F32["));
  }

  @ParameterizedTest
  @CsvSource({
    "--base nf4, --base has no effect without --lora",
    "--lora 4 --base nf5, '\"nf5\" is none of bf16, f32, nf4, nf4-double, q8'",
    "--lora 0, the rank is at least 1",
    "--dtype f16, '\"f16\" is none of bf16, f32'"
  })
  void errorsSayWhatIsWrong(String options, String message) throws IOException {
    String out = bench(2, options.split(" "));
    assertTrue(out.contains(message), out);
  }

  @Test
  void theProfileHasEveryOperationOfAStep() throws IOException {
    String out = bench("--profile");
    for (String operation :
        List.of("mat_mul NN", "mat_mul NT", "mat_mul TN", "qkv_attention_backward", "adam_w")) {
      assertTrue(out.lines().anyMatch(line -> line.contains(" " + operation + " F32[")), out);
    }
  }

  private long peakBytes(String... options) throws IOException {
    byte[] out = bench(options).getBytes(StandardCharsets.UTF_8);
    return Json.parseObject("bench", out).get("peak_bytes").asLong();
  }

  private String bench(String... options) throws IOException {
    return bench(0, options);
  }

  private String bench(int exitCode, String... options) throws IOException {
    Path model = Files.writeString(folder.resolve("config.json"), TINY);
    List<String> args = new ArrayList<>(List.of("bench", "step", model.toString()));
    args.addAll(List.of("--batch", "2", "--seq", "8", "--warmup", "1", "--steps", "2"));
    args.addAll(List.of(options));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PrintWriter writer = new PrintWriter(out, true, StandardCharsets.UTF_8);
    assertEquals(exitCode, App.run(args.toArray(String[]::new), writer, writer), out::toString);
    return out.toString(StandardCharsets.UTF_8);
  }
}
