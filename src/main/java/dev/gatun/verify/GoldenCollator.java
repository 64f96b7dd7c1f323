package dev.gatun.verify;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gatun.core.UserException;
import dev.gatun.data.CausalCollator;
import dev.gatun.data.Collator;
import dev.gatun.data.CompletionCollator;
import dev.gatun.hub.Json;
import dev.gatun.hub.JsonFields;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Loss masks against those of transformers and of trl's {@code DataCollatorForCompletionOnlyLM}:
 * {@code cases.json} with padded ids, attention masks and the labels that came out. An error is the
 * number of labels that differ; none may.
 */
final class GoldenCollator {
  private static final String CASES = "cases.json";

  private GoldenCollator() {}

  /** Whether a folder is such a fixture. */
  static boolean is(Path folder) {
    Path file = folder.resolve(CASES);
    if (!Files.isRegularFile(file)) {
      return false;
    }
    JsonNode first = Json.readObject(file).at("/cases/0");
    return first.has("collator") && first.has("labels");
  }

  /** Compares the labels of every case. */
  static List<Comparison> check(Path folder) {
    JsonFields golden = JsonFields.ofData(folder.resolve(CASES));
    int pad = golden.object("special_ids").map(ids -> ids.integer("pad")).orElse(0);
    List<Comparison> comparisons = new ArrayList<>();
    for (JsonFields fields : golden.objects("cases")) {
      String name = folder.getFileName() + " " + fields.text("name");
      comparisons.add(new Comparison(name + " labels", differing(fields, pad), 0));
    }
    return comparisons;
  }

  private static int differing(JsonFields fields, int pad) {
    Collator collator = collator(fields, pad);
    int[][] ids = GoldenCase.requiredMatrix(fields, "input_ids");
    int[][] masks = GoldenCase.requiredMatrix(fields, "attention_mask");
    int[][] expected = GoldenCase.requiredMatrix(fields, "labels");
    GoldenCase.requireShape(fields, "attention_mask", masks, ids);
    GoldenCase.requireShape(fields, "labels", expected, ids);
    int differing = 0;
    for (int row = 0; row < ids.length; row++) {
      int[] labels = ids[row].clone();
      label(fields, collator, labels, masks[row]);
      for (int i = 0; i < labels.length; i++) {
        differing += labels[i] == expected[row][i] ? 0 : 1;
      }
    }
    return differing;
  }

  /** Padding, on whichever side, is no target; the collator sees the rest. */
  private static void label(JsonFields fields, Collator collator, int[] labels, int[] mask) {
    int from = 0;
    while (from < mask.length && mask[from] == 0) {
      from++;
    }
    int to = from;
    while (to < mask.length && mask[to] == 1) {
      to++;
    }
    if (Arrays.stream(mask, to, mask.length).anyMatch(bit -> bit != 0)) {
      throw fields.error("attention_mask", "must hold zeros, ones, and zeros in each row");
    }
    Arrays.fill(labels, 0, from, Collator.IGNORED);
    Arrays.fill(labels, to, labels.length, Collator.IGNORED);
    collator.label(labels, from, to);
  }

  private static Collator collator(JsonFields fields, int special) {
    JsonFields settings = fields.object("collator").orElseThrow(() -> absent(fields));
    int pad = settings.integer("pad_token_id", special);
    if (!settings.text("type").equals("completion_only")) {
      return new CausalCollator(pad);
    }
    int[] response = ids(settings, "response_token_ids");
    return settings.has("instruction_token_ids")
        ? CompletionCollator.everyAnswer(response, ids(settings, "instruction_token_ids"), pad)
        : CompletionCollator.lastAnswer(response, pad);
  }

  private static UserException absent(JsonFields fields) {
    return fields.error("collator", "is missing");
  }

  private static int[] ids(JsonFields settings, String key) {
    return settings.integers(key).stream().mapToInt(Integer::intValue).toArray();
  }
}
