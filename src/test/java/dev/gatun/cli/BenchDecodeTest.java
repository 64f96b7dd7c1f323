package dev.gatun.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
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

class BenchDecodeTest {
  private static final String TINY =
      """
      {"model_type": "llama", "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2,
       "num_attention_heads": 2, "num_key_value_heads": 1, "max_position_embeddings": 16,
       "vocab_size": 96, "tie_word_embeddings": false}
      """;

  /** In each layer 3 matrices of [32, 64] and [32, 32] (q, o) and [16, 32] (k, v); the head. */
  private static final long MULTIPLIED = 2 * (3 * 32 * 64 + 2 * 32 * 32 + 2 * 16 * 32) + 96 * 32;

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({"f32, 32", "bf16, 16", "q8, 8.5"})
  void saysHowManyBytesATokenReads(String dtype, double bits) throws IOException {
    ObjectNode object =
        Json.parseObject(
            "bench", bench(0, "--json", "--dtype", dtype).getBytes(StandardCharsets.UTF_8));
    assertEquals(MULTIPLIED * bits / 8, object.get("weight_bytes").asDouble());
    assertTrue(object.get("decode_tokens_per_s").asDouble() > 0);
    assertTrue(object.get("prompt_tokens_per_s").asDouble() > 0);
    assertTrue(object.get("peak_bytes").asLong() > 0);
  }

  @Test
  void theProfileHasTheProducts() throws IOException {
    String out = bench(0, "--profile", "--dtype", "q4");
    assertTrue(out.contains("quantized_mat_mul NT F32[1, 1, 32] Q4_0[64, 32]"), out);
    assertTrue(out.contains("quantized_mat_mul NT F32[1, 32] Q8_0[96, 32]"), out);
  }

  @Test
  void errorsSayWhatToDo() throws IOException {
    assertTrue(bench(2, "--dtype", "q5").contains("is none of f32, bf16, q8, q4"));
    assertTrue(bench(2, "--tokens", "99").contains("16 positions"));
  }

  private String bench(int exitCode, String... options) throws IOException {
    Path model = Files.writeString(folder.resolve("config.json"), TINY);
    List<String> args = new ArrayList<>(List.of("bench", "decode", model.toString()));
    args.addAll(List.of("--prompt", "4", "--warmup", "1", "--repetitions", "2"));
    args.addAll(List.of(options));
    if (!args.contains("--tokens")) {
      args.addAll(List.of("--tokens", "5"));
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PrintWriter writer = new PrintWriter(out, true, StandardCharsets.UTF_8);
    assertEquals(exitCode, App.run(args.toArray(String[]::new), writer, writer), out::toString);
    return out.toString(StandardCharsets.UTF_8);
  }
}
