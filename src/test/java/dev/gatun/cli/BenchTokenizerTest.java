package dev.gatun.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gatun.hub.Json;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchTokenizerTest {
  @TempDir private Path folder;
  private Path text;

  @BeforeEach
  void write() throws IOException {
    text = folder.resolve("text.txt");
    Files.writeString(text, "한 줄의 글\nand another line\n".repeat(50));
  }

  @Test
  void trainsAndEncodesWithOneThreadAndWithAll() {
    JsonNode result = run("--set", "vocab_size=300", "--threads", "2");
    assertTrue(result.get("vocab_size").asInt() > 256, result::toString);
    assertTrue(result.get("train").get("mb_per_s").asDouble() > 0);
    assertEquals(List.of(1, 2), threads(result));
    for (JsonNode row : result.get("encode")) {
      assertTrue(row.get("mb_per_s_per_core").asDouble() > 0, row::toString);
      assertTrue(row.get("tokens").asLong() > 100, row::toString);
      assertEquals(0.0016, row.get("mb").asDouble(), 1e-9);
    }
  }

  @Test
  void aTokenizerThatIsThereIsNotTrained() {
    String output = folder.resolve("tokenizer").toString();
    String[] train = {"tokenizer", "train", "--text-file", text.toString(), "--output", output};
    PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    assertEquals(0, App.run(train, err, err));
    JsonNode result = run("--tokenizer", output, "--threads", "1");
    assertFalse(result.has("train"));
    assertEquals(List.of(1), threads(result));
  }

  private static List<Integer> threads(JsonNode result) {
    List<Integer> threads = new ArrayList<>();
    result.get("encode").forEach(row -> threads.add(row.get("threads").asInt()));
    return threads;
  }

  private JsonNode run(String... options) {
    List<String> args =
        new ArrayList<>(List.of("bench", "tokenizer", "--text-file", text.toString(), "--json"));
    args.addAll(List.of("--seconds", "0"));
    args.addAll(List.of(options));
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int exit = App.run(args.toArray(String[]::new), new PrintWriter(out), new PrintWriter(err));
    assertEquals(0, exit, err.toString());
    return Json.parseObject("bench", out.toString().getBytes(StandardCharsets.UTF_8));
  }
}
