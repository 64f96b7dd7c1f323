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

  @Test
  void theProfileHasEveryOperationOfAStep() throws IOException {
    String out = bench("--profile");
    for (String operation :
        List.of("mat_mul NN", "mat_mul NT", "mat_mul TN", "qkv_attention_backward", "adam_w")) {
      assertTrue(out.lines().anyMatch(line -> line.contains(" " + operation + " F32[")), out);
    }
  }

  private String bench(String... options) throws IOException {
    Path model = Files.writeString(folder.resolve("config.json"), TINY);
    List<String> args = new ArrayList<>(List.of("bench", "step", model.toString()));
    args.addAll(List.of("--batch", "2", "--seq", "8", "--warmup", "1", "--steps", "2"));
    args.addAll(List.of(options));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PrintWriter writer = new PrintWriter(out, true, StandardCharsets.UTF_8);
    assertEquals(0, App.run(args.toArray(String[]::new), writer, writer));
    return out.toString(StandardCharsets.UTF_8);
  }
}
