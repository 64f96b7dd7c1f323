package dev.gatun.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gatun.core.ConfigurationException;
import dev.gatun.hub.TokenizerJson;
import dev.gatun.token.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class CompletionCollatorTest {
  private static final Path CASES = shared().resolve("golden/collator/cases.json");

  /** What trl 0.9.6 and transformers 4.44.2 gave for the same ids, row by row. */
  @TestFactory
  List<DynamicTest> equalsTrl() throws IOException {
    assumeTrue(Files.exists(CASES), CASES + " is absent");
    JsonNode golden = new ObjectMapper().readTree(CASES.toFile());
    int defaultPad = golden.at("/special_ids/pad").asInt();
    List<DynamicTest> tests = new ArrayList<>();
    for (JsonNode testCase : golden.get("cases")) {
      tests.add(
          DynamicTest.dynamicTest(
              testCase.get("name").asText(), () -> check(testCase, defaultPad)));
    }
    return tests;
  }

  /** From text to labels: the recipe's own tokenizer gives the ids that the fixtures start from. */
  @Test
  void theRecipesTokenizerGivesTheGoldenIds() throws IOException {
    assumeTrue(Files.exists(CASES), CASES + " is absent");
    JsonNode golden = new ObjectMapper().readTree(CASES.toFile());
    Path tokenizerFile =
        CASES.resolveSibling(golden.get("tokenizer").asText()).resolve("tokenizer.json");
    assumeTrue(Files.exists(tokenizerFile), tokenizerFile + " is absent");
    Tokenizer tokenizer = TokenizerJson.read(tokenizerFile);
    int compared = 0;
    for (JsonNode testCase : golden.get("cases")) {
      JsonNode texts = golden.get("texts").path(testCase.get("name").asText());
      for (int row = 0; row < texts.size(); row++) {
        TokenRows rows =
            TokenRows.encode(
                List.of(texts.get(row).asText()), text -> tokenizer.encodeIds(text, true));
        assertArrayEquals(ints(testCase.at("/examples/" + row + "/input_ids")), rows.row(0));
        compared++;
      }
    }
    assertTrue(compared >= 10, compared + " rows were compared");
  }

  private static void check(JsonNode testCase, int defaultPad) {
    JsonNode settings = testCase.get("collator");
    int pad = settings.path("pad_token_id").asInt(defaultPad);
    Collator collator = collator(settings, pad);
    int unusable = 0;
    for (int row = 0; row < testCase.get("input_ids").size(); row++) {
      int[] ids = ints(testCase.get("input_ids").get(row));
      int[] mask = ints(testCase.get("attention_mask").get(row));
      int[] expected = ints(testCase.get("labels").get(row));
      int from = settings.path("padding_side").asText().equals("left") ? firstOne(mask) : 0;
      int to = from + Arrays.stream(mask).sum();
      int[] labels = ids.clone();
      unusable += collator.label(labels, from, to) ? 0 : 1;
      assertArrayEquals(
          Arrays.copyOfRange(expected, from, to), Arrays.copyOfRange(labels, from, to));
      assertRowOfBatch(
          settings,
          collator,
          pad,
          Arrays.copyOfRange(ids, from, to),
          Arrays.copyOfRange(expected, from, to));
    }
    long rowsInWarnings =
        Stream.iterate(0, i -> i < testCase.get("warnings").size(), i -> i + 1)
            .map(i -> testCase.get("warnings").get(i).asText())
            .filter(warning -> warning.startsWith("Could not find response key"))
            .count();
    assertEquals(rowsInWarnings, unusable);
  }

  /** A row alone in a batch, with the multiple that the fixture pads to. */
  private static void assertRowOfBatch(
      JsonNode settings, Collator collator, int pad, int[] row, int[] expected) {
    TokenRows rows = new TokenRows.Builder().add(row).build();
    int multiple = settings.path("pad_to_multiple_of").asInt(1);
    Batches.Options options = new Batches.Options(1, pad, multiple, Batches.Order.STORED, 0);
    Batch batch = new Batches(rows, collator, options).epoch(0).iterator().next();
    assertEquals(0, batch.T() % multiple);
    for (int t = 0; t < batch.T(); t++) {
      int unshifted = t + 1 < expected.length ? expected[t + 1] : Collator.IGNORED;
      assertEquals(unshifted, batch.labels()[t], "position " + t);
    }
  }

  private static Collator collator(JsonNode settings, int pad) {
    if (!settings.get("type").asText().equals("completion_only")) {
      return new CausalCollator(pad);
    }
    int[] response = ints(settings.get("response_token_ids"));
    return settings.has("instruction_token_ids")
        ? CompletionCollator.everyAnswer(response, ints(settings.get("instruction_token_ids")), pad)
        : CompletionCollator.lastAnswer(response, pad);
  }

  @Test
  void withoutAMaskedIdEosIsLearned() {
    int[] labels = {7, 8, 1, 9, 0};
    assertEquals(true, CompletionCollator.lastAnswer(new int[] {1}, null).label(labels, 0, 5));
    assertArrayEquals(new int[] {-100, -100, -100, 9, 0}, labels);
  }

  @Test
  void countsRowsThatTeachNothing() {
    TokenRows rows = new TokenRows.Builder().add(new int[] {5, 1, 6}).add(new int[] {5, 6}).build();
    assertEquals(1, CompletionCollator.lastAnswer(new int[] {1}, null).unusable(rows));
  }

  @Test
  void refusesAnEmptyTemplate() {
    assertThrows(
        ConfigurationException.class, () -> CompletionCollator.lastAnswer(new int[0], null));
    assertThrows(
        ConfigurationException.class,
        () -> CompletionCollator.everyAnswer(new int[] {1}, new int[0], null));
  }

  private static int firstOne(int[] mask) {
    int at = 0;
    while (mask[at] == 0) {
      at++;
    }
    return at;
  }

  private static int[] ints(JsonNode array) {
    int[] values = new int[array.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = array.get(i).asInt();
    }
    return values;
  }

  private static Path shared() {
    return Path.of(
        Optional.ofNullable(System.getProperty("GATUN_SHARED"))
            .or(() -> Optional.ofNullable(System.getenv("GATUN_SHARED")))
            .orElse("../shared"));
  }
}
