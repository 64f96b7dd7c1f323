package dev.gatun.verify;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gatun.core.DataException;
import dev.gatun.hub.Json;
import dev.gatun.hub.TokenizerFolder;
import dev.gatun.token.CleanUp;
import dev.gatun.token.Encoding;
import dev.gatun.token.Tokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Texts as the tokenizers library encoded and decoded them.
 *
 * <p>A fixture is a folder with {@code tokenizer.json} and {@code cases.jsonl}. Each line is a
 * comparison; its error is the number of fields that differ, and they are named.
 */
final class GoldenTokenizers {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String CASES = "cases.jsonl";

  private final Tokenizer tokenizer;
  private final JsonNode expected;
  private final List<String> differing = new ArrayList<>();

  private GoldenTokenizers(Tokenizer tokenizer, JsonNode expected) {
    this.tokenizer = tokenizer;
    this.expected = expected;
  }

  static boolean is(Path folder) {
    return Files.isRegularFile(folder.resolve("tokenizer.json"))
        && Files.isRegularFile(folder.resolve(CASES));
  }

  /**
   * Compares every line of a fixture.
   *
   * @throws DataException if a file of the fixture is absent or broken
   */
  static List<Comparison> check(Path folder) {
    Tokenizer tokenizer = TokenizerFolder.read(folder.resolve("tokenizer.json")).tokenizer();
    Path cases = folder.resolve(CASES);
    List<Comparison> comparisons = new ArrayList<>();
    try {
      for (String line : Files.readAllLines(cases)) {
        String where = folder.getFileName() + "/" + (comparisons.size() + 1);
        JsonNode expected = parse(cases, comparisons.size() + 1, line);
        comparisons.add(new GoldenTokenizers(tokenizer, expected).compare(where));
      }
    } catch (IOException e) {
      throw new DataException(cases + ": cannot be read: " + e, e);
    }
    return comparisons;
  }

  private static JsonNode parse(Path cases, int number, String line) {
    String where = cases + ", line " + number;
    JsonNode expected = Json.parseObject(where, line.getBytes(StandardCharsets.UTF_8));
    if (!expected.path("text").isTextual() || !expected.path("ids").isArray()) {
      throw new DataException(where + ": must hold a text and its ids");
    }
    return expected;
  }

  private Comparison compare(String where) {
    String text = expected.get("text").textValue();
    Encoding encoding = tokenizer.encode(text, true);
    int[] ids = encoding.ids();
    ints("ids", ids);
    ints("ids", tokenizer.encodeIds(text, true));
    ints("ids_no_special", tokenizer.encodeIds(text, false));
    text("tokens", MAPPER.valueToTree(encoding.tokens()));
    text("offsets", MAPPER.valueToTree(offsets(encoding)));
    text("special_tokens_mask", MAPPER.valueToTree(specialTokens(encoding)));
    String kept = tokenizer.decode(ids, false);
    String skipped = tokenizer.decode(ids, true);
    text("decode_keep", MAPPER.valueToTree(kept));
    text("decode_skip", MAPPER.valueToTree(skipped));
    text("hf_decode_no_cleanup", MAPPER.valueToTree(kept));
    text("hf_decode_default", MAPPER.valueToTree(CleanUp.apply(kept)));
    text("hf_decode_skip", MAPPER.valueToTree(CleanUp.apply(skipped)));
    String what = differing.isEmpty() ? where : where + " " + String.join(", ", differing);
    return new Comparison(what, differing.size(), 0);
  }

  private void ints(String key, int[] actual) {
    text(key, MAPPER.valueToTree(Arrays.stream(actual).boxed().toList()));
  }

  private void text(String key, JsonNode actual) {
    if (expected.has(key) && !expected.get(key).equals(actual) && !differing.contains(key)) {
      differing.add(key);
    }
  }

  private static List<List<Integer>> offsets(Encoding encoding) {
    List<List<Integer>> offsets = new ArrayList<>();
    for (int i = 0; i < encoding.size(); i++) {
      offsets.add(List.of(encoding.start(i), encoding.end(i)));
    }
    return offsets;
  }

  private static List<Integer> specialTokens(Encoding encoding) {
    List<Integer> mask = new ArrayList<>();
    for (int i = 0; i < encoding.size(); i++) {
      mask.add(encoding.isSpecial(i) ? 1 : 0);
    }
    return mask;
  }
}
