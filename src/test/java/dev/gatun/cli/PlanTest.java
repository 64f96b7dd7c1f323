package dev.gatun.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.hub.Json;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** The verb {@code plan} on the recipe at its full size, whose parts are not there. */
final class PlanTest {
  private static final String TUNING = "configs/recipe/3-finetune.json";

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int plan(String... arguments) {
    String[] all = new String[arguments.length + 1];
    all[0] = "plan";
    System.arraycopy(arguments, 0, all, 1, arguments.length);
    return App.run(all, new PrintWriter(out), new PrintWriter(err));
  }

  @Test
  void aRunThatFitsIsPlanned() {
    assertEquals(0, plan(TUNING, "--no-time", "--memory", "40"), err.toString());
    assertTrue(out.toString().contains("67,765,760 of them trained"), out.toString());
    assertTrue(out.toString().contains("checkpoints/recipe/pretrain is not there yet"));
    assertTrue(out.toString().contains("evaluation"));
  }

  @Test
  void whatDoesNotFitIsRefusedWithWhatWould() {
    assertEquals(4, plan(TUNING, "--no-time", "--memory", "16"));
    String message = err.toString();
    assertTrue(message.contains("16.00 GB are there; what fits: "), message);
    assertTrue(message.contains("per_device_train_batch_size "), message);
    assertTrue(message.contains("training.gradient_checkpointing true, which takes"), message);
    assertEquals(
        0,
        plan(
            TUNING,
            "--no-time",
            "--memory",
            "16",
            "--set",
            "training.gradient_checkpointing=true"));
  }

  @Test
  void whatNeverFitsSaysWhatTheLeastIs() {
    assertEquals(4, plan("configs/recipe/2-pretrain.json", "--no-time", "--memory", "10"));
    String message = err.toString();
    assertTrue(message.contains("even with training.per_device_train_batch_size 1"), message);
  }

  @Test
  void aTokenizerNeedsNoModel() {
    String config = "configs/recipe/1-tokenizer.json";
    assertEquals(0, plan(config), err.toString());
    assertTrue(out.toString().contains("at most 32,000 ids and no model: tokenizer train"));
    assertTrue(out.toString().contains("datasets/corpus.txt is not there yet"), out.toString());
    assertTrue(out.toString().contains("the text streams by"), out.toString());
    out.getBuffer().setLength(0);
    assertEquals(0, plan(config, "--json"), err.toString());
    byte[] text = out.toString().getBytes(StandardCharsets.UTF_8);
    assertTrue(Json.parseObject("plan", text).path("distinct_words").asLong() > 100_000);
    PrintWriter errors = new PrintWriter(err);
    assertEquals(2, App.run(new String[] {"train", config}, new PrintWriter(out), errors));
    String message = err.toString();
    assertTrue(message.contains("1-tokenizer.json: model is missing: this"), message);
  }

  @Test
  void figuresAreJson() {
    assertEquals(0, plan(TUNING, "--no-time", "--memory", "40", "--json"), err.toString());
    byte[] text = out.toString().getBytes(StandardCharsets.UTF_8);
    var regions = Json.parseObject("plan", text).path("regions");
    assertTrue(regions.path("step").path("peak_bytes").asLong() > 1_000_000_000);
  }
}
