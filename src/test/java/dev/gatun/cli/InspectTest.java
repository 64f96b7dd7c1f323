package dev.gatun.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InspectTest {
  @TempDir private Path folder;

  @Test
  void showsWhatIsTrainedAsTextAndAsAPage() throws IOException {
    Path rows = folder.resolve("rows.jsonl");
    String row = "{\"instruction\":\"<script>\\u001b[2J\",\"output\":\"가\\n나\"}\n";
    Files.writeString(rows, row + row);
    Path config = folder.resolve("config.json");
    Files.writeString(
        config,
        """
        {"tokenizer": {"type": "characters", "special_tokens": ["<|endoftext|>"]},
         "data": {"train_file": "%s", "template": "{instruction}={output}"},
         "model": {"config": {"model_type": "phi"}}}
        """
            .formatted(rows));
    Path page = folder.resolve("page.html");
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int exit =
        App.run(
            new String[] {"inspect", "data", config.toString(), "--html", page.toString()},
            new PrintWriter(out),
            new PrintWriter(err));
    assertEquals(0, exit, err.toString());
    String text = out.toString();
    assertTrue(text.contains("=⟦가·⏎·나⟧"), text);
    assertTrue(text.contains("1 rows repeat an earlier one"), text);
    assertFalse(text.contains("\u001b"), "a text must not steer the terminal");
    String html = Files.readString(page);
    assertTrue(html.contains("&lt;</span>"), html);
    assertFalse(html.contains("<script"), html);
    assertFalse(html.matches("(?s).*(src|href)=.*"), "the page loads nothing");
  }

  @Test
  void aCharacterOfSeveralTokensIsShownOnceAndLongRowsAreCut() throws IOException {
    Path rows = folder.resolve("rows.jsonl");
    String question = "q ".repeat(300);
    Files.writeString(rows, "{\"prompt\":\"" + question + "\",\"completion\":\"가\"}\n");
    Path config = folder.resolve("config.json");
    Files.writeString(
        config,
        """
        {"tokenizer": {"type": "byte_level_bpe", "vocab_size": 257},
         "data": {"train_file": "%s", "context_length": 603},
         "model": {"config": {"model_type": "phi"}}}
        """
            .formatted(rows));
    Path page = folder.resolve("page.html");
    StringWriter out = new StringWriter();
    String[] args = {"inspect", "data", config.toString(), "--html", page.toString()};
    assertEquals(0, App.run(args, new PrintWriter(out), new PrintWriter(out)), out.toString());
    String text = out.toString();
    assertTrue(text.contains("row 1: 603 tokens, 3 trained, as long as the context"), text);
    assertTrue(text.contains("⟦가³⟧"), text);
    assertTrue(text.contains(" … 440 more … "), text);
    assertTrue(Files.readString(page).contains("가<sup>3</sup>"), "the page");
  }
}
