package dev.gatun.hub;

import static dev.gatun.hub.Failures.assertRefused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.core.ConfigurationException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.OptionalInt;
import java.util.SequencedMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

class JsonFieldsTest {
  private static final String JSON =
      """
      {"int": 3, "float": 0.5, "text": "word", "yes": true, "nothing": null, "list": [1, 2],
       "words": ["a", "b"], "mixed": [1, "a"], "big": 9007199254740993, "huge": 1e400,
       "object": {"inner": 1, "deeper": {"key": 2}}, "objects": [{"x": 1}, {"y": 2}],
       "odd key": 1, "activation": "gelu"}
      """;

  private final JsonFields fields = fields(JSON);

  @Test
  void readsEachType() {
    assertEquals(3, fields.integer("int"));
    assertEquals(7, fields.integer("absent", 7));
    assertEquals(3.0, fields.number("int"));
    assertEquals(0.5, fields.number("float", 1.0));
    assertEquals("word", fields.text("text"));
    assertTrue(fields.flag("yes", false));
    assertEquals(9007199254740993L, fields.longInteger("big", 0));
    assertEquals(OptionalInt.empty(), fields.optionalInteger("nothing"));
    assertTrue(fields.contains("nothing"));
    assertFalse(fields.has("nothing"));
    assertEquals(List.of(1, 2), fields.integers("list"));
    assertEquals(List.of(1.0, 2.0), fields.numbers("list"));
    assertEquals(List.of("a", "b"), fields.texts("words"));
    assertEquals(List.of(), fields.texts("absent"));
    assertEquals(1, fields.object("object").orElseThrow().integer("inner"));
    assertEquals(2, fields.objects("objects").get(1).integer("y"));
    assertEquals(1, fields.choice("activation", activations(), "relu"));
  }

  record Mistake(Consumer<JsonFields> question, String message) {}

  static final List<Mistake> MISTAKES =
      List.of(
          new Mistake(f -> f.integer("absent"), "f.json: absent is missing"),
          new Mistake(
              f -> f.integer("float"),
              "float must be an integer of 32 bits, but is the number 0.5"),
          new Mistake(f -> f.integer("big"), "big must be an integer of 32 bits"),
          new Mistake(
              f -> f.integer("nothing", 1), "nothing must be an integer of 32 bits, but is null"),
          new Mistake(f -> f.integer("text"), "but is the text \"word\""),
          new Mistake(f -> f.positive("absent", 0), "absent must be above 0, but is 0"),
          new Mistake(f -> f.number("huge"), "huge must be a number that fits a double"),
          new Mistake(f -> f.longInteger("float", 0), "float must be an integer, but is"),
          new Mistake(f -> f.number("text", 0), "text must be a number"),
          new Mistake(f -> f.flag("int", true), "int must be true or false, but is the number 3"),
          new Mistake(f -> f.text("yes"), "yes must be a text, but is true"),
          new Mistake(f -> f.texts("mixed"), "mixed[0] must be a text"),
          new Mistake(f -> f.integers("mixed"), "mixed[1] must be an integer"),
          new Mistake(f -> f.integers("int"), "int must be a list"),
          new Mistake(f -> f.object("list"), "list must be an object, but is a list"),
          new Mistake(f -> f.objects("list"), "list[0] must be an object"),
          new Mistake(f -> f.text("odd key"), "\"odd key\" must be a text"),
          new Mistake(
              f -> f.object("object").orElseThrow().object("deeper").orElseThrow().text("key"),
              "object.deeper.key must be a text"),
          new Mistake(f -> f.objects("objects").get(1).text("y"), "objects[1].y must be a text"),
          new Mistake(
              f -> f.choice("text", activations()),
              "text must be one of gelu, relu, but is \"word\""));

  @ParameterizedTest
  @FieldSource("MISTAKES")
  void aMistakeNamesFileKeyAndValue(Mistake mistake) {
    assertRefused(() -> mistake.question.accept(fields), "f.json: ", mistake.message);
  }

  @Test
  void unknownKeysAreRefusedWithASuggestion() {
    JsonFields run = fields("{\"learning_rat\": 1, \"object\": {\"inne\": 1}}");
    run.number("learning_rate", 1);
    assertRefused(run::rejectUnknown, "learning_rat is not known; did you mean \"learning_rate\"?");
    run.accept("learning_rat", "object");
    run.rejectUnknown();
    run.object("object").orElseThrow().integer("inner", 0);
    assertRefused(run::rejectUnknown, "object.inne is not known; did you mean \"inner\"?");
  }

  @Test
  void aConfigurationIsTheUsersMistake() {
    JsonFields run = JsonFields.ofConfiguration("run.json", Json.object());
    assertThrows(ConfigurationException.class, () -> run.integer("max_steps"));
  }

  @Test
  void textThatIsNotOneObjectIsRefused() {
    assertRefused(() -> fields(""), "f.json");
    assertRefused(() -> fields("[1]"), "must hold a JSON object, but holds a list");
    assertRefused(() -> fields("{} {}"), "f.json");
    assertRefused(() -> fields("{\"a\":1,\"a\":1}"), "Duplicate", "line 1, column");
    assertRefused(() -> fields("{\"a\":NaN}"), "f.json");
    assertRefused(() -> fields("{'a':1}"), "f.json");
    assertRefused(() -> fields("{\"a\":1,}"), "f.json");
    assertRefused(() -> fields("{\"a\":" + "[".repeat(100_000)), "depth");
    assertRefused(() -> fields("{\"a\":" + "9".repeat(100_000) + "}"), "length");
    assertRefused(
        () -> Json.parseObject("f.json", new byte[] {'{', '"', (byte) 0xff, '"', '}'}), "UTF-8");
  }

  private static SequencedMap<String, Integer> activations() {
    SequencedMap<String, Integer> choices = new LinkedHashMap<>();
    choices.put("gelu", 1);
    choices.put("relu", 2);
    return choices;
  }

  private static JsonFields fields(String json) {
    return JsonFields.ofData(
        "f.json", Json.parseObject("f.json", json.getBytes(StandardCharsets.UTF_8)));
  }
}
