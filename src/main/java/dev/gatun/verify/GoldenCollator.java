package dev.gatun.verify;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.core.DataException;
import dev.gatun.data.CausalCollator;
import dev.gatun.data.Collator;
import dev.gatun.data.CompletionCollator;
import dev.gatun.hub.Json;
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
    Path file = folder.resolve(CASES);
    ObjectNode golden = Json.readObject(file);
    List<Comparison> comparisons = new ArrayList<>();
    for (JsonNode testCase : golden.get("cases")) {
      String name = folder.getFileName() + " " + testCase.path("name").asText();
      comparisons.add(new Comparison(name + " labels", differing(file, golden, testCase), 0));
    }
    return comparisons;
  }

  private static int differing(Path file, ObjectNode golden, JsonNode testCase) {
    JsonNode settings = testCase.path("collator");
    int pad = settings.path("pad_token_id").asInt(golden.at("/special_ids/pad").asInt());
    Collator collator = collator(settings, pad);
    JsonNode rows = testCase.path("input_ids");
    int differing = 0;
    for (int row = 0; row < rows.size(); row++) {
      int[] labels = ints(rows.get(row));
      int[] mask = ints(testCase.path("attention_mask").path(row));
      int[] expected = ints(testCase.path("labels").path(row));
      if (mask.length != labels.length || expected.length != labels.length) {
        throw new DataException(
            file + ": " + testCase.path("name") + ": row " + row + " has parts of unequal length");
      }
      label(collator, labels, mask);
      for (int i = 0; i < labels.length; i++) {
        differing += labels[i] == expected[i] ? 0 : 1;
      }
    }
    return differing;
  }

  /** Padding, on whichever side, is no target; the collator sees the rest. */
  private static void label(Collator collator, int[] labels, int[] mask) {
    int from = 0;
    while (from < mask.length && mask[from] == 0) {
      from++;
    }
    int to = from + Arrays.stream(mask).sum();
    Arrays.fill(labels, 0, from, Collator.IGNORED);
    Arrays.fill(labels, to, labels.length, Collator.IGNORED);
    collator.label(labels, from, to);
  }

  private static Collator collator(JsonNode settings, int pad) {
    if (!settings.path("type").asText().equals("completion_only")) {
      return new CausalCollator(pad);
    }
    int[] response = ints(settings.path("response_token_ids"));
    return settings.has("instruction_token_ids")
        ? CompletionCollator.everyAnswer(
            response, ints(settings.path("instruction_token_ids")), pad)
        : CompletionCollator.lastAnswer(response, pad);
  }

  private static int[] ints(JsonNode list) {
    return list.valueStream().mapToInt(JsonNode::asInt).toArray();
  }
}
