package dev.gatun.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.hub.Json;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The verb {@code eval} finds what the last evaluation of a run found. */
final class EvalCommandTest {
  @TempDir private Path folder;

  @Test
  void scoresAsTheRunDid() throws IOException {
    List<String> text = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      text.add("line " + i + " of a text");
    }
    Files.write(folder.resolve("train.txt"), text);
    Files.write(folder.resolve("held.txt"), text.subList(3, 17));
    Path config = folder.resolve("run.json");
    Files.writeString(
        config,
        """
        {"run": {"output_dir": "DIR/out"},
         "tokenizer": {"type": "characters"},
         "data": {"train_file": "DIR/train.txt", "validation_file": "DIR/held.txt",
           "context_length": 16},
         "model": {"config": {"model_type": "llama", "hidden_size": 16, "intermediate_size": 24,
           "num_hidden_layers": 1, "num_attention_heads": 2, "max_position_embeddings": 32}},
         "training": {"max_steps": 2, "save_strategy": "no", "eval_strategy": "steps",
           "eval_steps": 2}}
        """
            .replace("DIR", folder.toString()));
    app("train", config.toString());
    String logged = Files.readString(folder.resolve("out/metrics.jsonl"));
    String held = folder.resolve("held.txt").toString();
    String byConfig = app("eval", config.toString(), "--data", held, "--json");
    String byFolder =
        app(
            "eval",
            folder.resolve("out").toString(),
            "--data",
            held,
            "--json",
            "--set",
            "context_length=16");
    assertEquals(byConfig, byFolder);
    var figures = Json.parseObject("eval", byConfig.getBytes(StandardCharsets.UTF_8));
    for (String name : List.of("eval_loss", "eval_accuracy", "eval_bits_per_byte")) {
      assertTrue(logged.contains("\"" + name + "\":" + figures.get(name)), name + " in " + logged);
    }
  }

  private static String app(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    assertEquals(0, App.run(arguments, new PrintWriter(out), new PrintWriter(err)), err.toString());
    return out.toString();
  }
}
