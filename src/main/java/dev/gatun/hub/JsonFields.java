package dev.gatun.hub;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.core.ConfigurationException;
import dev.gatun.core.DataException;
import dev.gatun.core.UserException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.SequencedMap;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The fields of a JSON object, read by name and type. Every error names the file and the path of
 * the key, for example
 *
 * <pre>
 *   run.json: training.learning_rate must be a number, but is the text "high"
 * </pre>
 *
 * <p>Each question makes its key known, so that afterwards {@link #rejectUnknown} can refuse the
 * keys nobody asked for, and suggest one that was. A method with a default returns it where the key
 * is absent; the {@code optional} methods take an explicit null for absent too, the others refuse
 * it.
 */
public final class JsonFields {
  private final String origin;
  private final String prefix;
  private final ObjectNode node;
  private final Function<String, UserException> failure;
  private final SequencedMap<String, List<JsonFields>> known = new LinkedHashMap<>();

  private JsonFields(
      String origin, String prefix, ObjectNode node, Function<String, UserException> failure) {
    this.origin = origin;
    this.prefix = prefix;
    this.node = node;
    this.failure = failure;
  }

  /** The fields of a file of data, whose errors are {@link DataException}s. */
  public static JsonFields ofData(Path file) {
    return ofData(file.toString(), Json.readObject(file));
  }

  /** The fields of a piece of data, whose errors are {@link DataException}s. */
  public static JsonFields ofData(String origin, ObjectNode node) {
    return new JsonFields(origin, "", node, DataException::new);
  }

  /** The fields of what the user configures: errors are {@link ConfigurationException}s. */
  public static JsonFields ofConfiguration(String origin, ObjectNode node) {
    return new JsonFields(origin, "", node, ConfigurationException::new);
  }

  /** The object itself. */
  public ObjectNode node() {
    return node;
  }

  /** Whether the key is there, null or not. */
  public boolean contains(String key) {
    return get(key) != null;
  }

  /** Whether the key is there and not null. */
  public boolean has(String key) {
    JsonNode value = get(key);
    return value != null && !value.isNull();
  }

  /** An integer of 32 bits. */
  public int integer(String key) {
    return integerOf(key, required(key));
  }

  public int integer(String key, int absent) {
    JsonNode value = get(key);
    return value == null ? absent : integerOf(key, value);
  }

  public OptionalInt optionalInteger(String key) {
    return has(key) ? OptionalInt.of(integer(key)) : OptionalInt.empty();
  }

  /** An integer of 32 bits above 0. */
  public int positive(String key) {
    return positiveOf(key, integer(key));
  }

  public int positive(String key, int absent) {
    return positiveOf(key, integer(key, absent));
  }

  /** An integer of 64 bits. */
  public long longInteger(String key, long absent) {
    JsonNode value = get(key);
    if (value == null) {
      return absent;
    }
    if (!value.isIntegralNumber() || !value.canConvertToLong()) {
      throw wrongType(key, value, "an integer");
    }
    return value.longValue();
  }

  /** A finite number; an integer is one too. */
  public double number(String key) {
    return numberOf(key, required(key));
  }

  public double number(String key, double absent) {
    JsonNode value = get(key);
    return value == null ? absent : numberOf(key, value);
  }

  public OptionalDouble optionalNumber(String key) {
    return has(key) ? OptionalDouble.of(number(key)) : OptionalDouble.empty();
  }

  /** True or false. */
  public boolean flag(String key, boolean absent) {
    JsonNode value = get(key);
    if (value == null) {
      return absent;
    }
    return typed(key, value, JsonNode::isBoolean, "true or false").booleanValue();
  }

  /** True or false; absent where it is missing or null. */
  public Optional<Boolean> optionalFlag(String key) {
    return has(key) ? Optional.of(flag(key, false)) : Optional.empty();
  }

  public String text(String key) {
    return typed(key, required(key), JsonNode::isTextual, "a text").textValue();
  }

  public String text(String key, String absent) {
    return contains(key) ? text(key) : absent;
  }

  public Optional<String> optionalText(String key) {
    return has(key) ? Optional.of(text(key)) : Optional.empty();
  }

  /** A text that is one of the keys of a map; returns what it stands for. */
  public <T> T choice(String key, SequencedMap<String, T> choices) {
    return choiceOf(key, text(key), choices);
  }

  /** As {@link #choice(String, SequencedMap)}; the default is a text too. */
  public <T> T choice(String key, SequencedMap<String, T> choices, String absent) {
    return choiceOf(key, text(key, absent), choices);
  }

  /**
   * A text that says what the parser makes of it; the default is a text too.
   *
   * @param parser refuses texts by a {@link ConfigurationException}, whose message need not know
   *     the key
   */
  public <T> T parsed(String key, String absent, Function<String, T> parser) {
    String text = text(key, absent);
    try {
      return parser.apply(text);
    } catch (ConfigurationException e) {
      throw failure.apply("%s: %s: %s".formatted(origin, place(key), e.getMessage()));
    }
  }

  /** An object within this one; absent where it is missing or null. */
  public Optional<JsonFields> object(String key) {
    if (!has(key)) {
      return Optional.empty();
    }
    return Optional.of(child(key, "", typed(key, required(key), JsonNode::isObject, "an object")));
  }

  /** Stands for an object that is not there: every question to it finds its key absent. */
  public JsonFields emptyObject(String key) {
    return child(key, "", Json.object());
  }

  /** A list of objects; empty where it is missing or null. */
  public List<JsonFields> objects(String key) {
    List<JsonFields> objects = new ArrayList<>();
    for (JsonNode element : list(key)) {
      String index = "[" + objects.size() + "]";
      typed(key + index, element, JsonNode::isObject, "an object");
      objects.add(child(key, index, element));
    }
    return objects;
  }

  /** Whether the key is there and holds a list. */
  public boolean isList(String key) {
    JsonNode value = get(key);
    return value != null && value.isArray();
  }

  /** A list of texts; empty where it is missing or null. */
  public List<String> texts(String key) {
    List<String> texts = new ArrayList<>();
    for (JsonNode element : list(key)) {
      String place = key + "[" + texts.size() + "]";
      texts.add(typed(place, element, JsonNode::isTextual, "a text").textValue());
    }
    return texts;
  }

  /** A list of integers of 32 bits; empty where it is missing or null. */
  public List<Integer> integers(String key) {
    List<Integer> integers = new ArrayList<>();
    for (JsonNode element : list(key)) {
      integers.add(integerOf(key + "[" + integers.size() + "]", element));
    }
    return integers;
  }

  /** A list of numbers; empty where it is missing or null. */
  public List<Double> numbers(String key) {
    List<Double> numbers = new ArrayList<>();
    for (JsonNode element : list(key)) {
      numbers.add(numberOf(key + "[" + numbers.size() + "]", element));
    }
    return numbers;
  }

  /** Makes keys known that are accepted and mean nothing here. */
  public void accept(String... keys) {
    for (String key : keys) {
      get(key);
    }
  }

  /** Refuses the first key, here or in an object that was asked for, which nobody asked for. */
  public void rejectUnknown() {
    for (Map.Entry<String, JsonNode> field : node.properties()) {
      if (!known.containsKey(field.getKey())) {
        throw error(
            field.getKey(), "is not known" + Suggestion.among(known.keySet(), field.getKey()));
      }
    }
    known.values().forEach(children -> children.forEach(JsonFields::rejectUnknown));
  }

  /** The fields of an object that was found at a place in here. */
  JsonFields at(String place, ObjectNode object) {
    return new JsonFields(origin, place(place) + ".", object, failure);
  }

  /** The error of a key, for the caller to throw: {@code FILE: KEY PATH message}. */
  public UserException error(String key, String message) {
    return failure.apply("%s: %s %s".formatted(origin, place(key), message));
  }

  /** The same failure, of a value that was read here, with the name of the file before it. */
  public UserException failure(UserException cause) {
    String message = String.valueOf(cause.getMessage());
    if (message.startsWith(origin + ":")) {
      return failure.apply(message); // it is an error of these fields, which names all of it
    }
    String place = prefix.isEmpty() ? "" : prefix.substring(0, prefix.length() - 1) + ": ";
    return failure.apply("%s: %s%s".formatted(origin, place, message));
  }

  /** The path of a key from the root of the file. */
  public String place(String key) {
    boolean plain = key.matches("[\\w.\\[\\]-]{1,120}");
    return prefix + (plain ? key : Quoted.of(key));
  }

  private <T> T choiceOf(String key, String text, SequencedMap<String, T> choices) {
    T chosen = choices.get(text);
    if (chosen == null) {
      throw error(
          key,
          "must be one of %s, but is %s%s"
              .formatted(
                  String.join(", ", choices.keySet()),
                  Quoted.of(text),
                  Suggestion.among(choices.keySet(), text)));
    }
    return chosen;
  }

  private JsonFields child(String key, String index, JsonNode object) {
    JsonFields child =
        new JsonFields(origin, place(key) + index + ".", (ObjectNode) object, failure);
    known.computeIfAbsent(key, _ -> new ArrayList<>()).add(child);
    return child;
  }

  private List<JsonNode> list(String key) {
    if (!has(key)) {
      return List.of();
    }
    JsonNode list = typed(key, required(key), JsonNode::isArray, "a list");
    return list.valueStream().toList();
  }

  private @Nullable JsonNode get(String key) {
    known.computeIfAbsent(key, _ -> new ArrayList<>());
    return node.get(key);
  }

  private JsonNode required(String key) {
    JsonNode value = get(key);
    if (value == null) {
      throw error(key, "is missing");
    }
    return value;
  }

  private int integerOf(String key, JsonNode value) {
    if (!value.isIntegralNumber() || !value.canConvertToInt()) {
      throw wrongType(key, value, "an integer of 32 bits");
    }
    return value.intValue();
  }

  private int positiveOf(String key, int value) {
    if (value <= 0) {
      throw error(key, "must be above 0, but is " + value);
    }
    return value;
  }

  private double numberOf(String key, JsonNode value) {
    double number = typed(key, value, JsonNode::isNumber, "a number").doubleValue();
    if (!Double.isFinite(number)) {
      throw wrongType(key, value, "a number that fits a double");
    }
    return number;
  }

  private JsonNode typed(String key, JsonNode value, Predicate<JsonNode> test, String expected) {
    if (!test.test(value)) {
      throw wrongType(key, value, expected);
    }
    return value;
  }

  private UserException wrongType(String key, JsonNode value, String expected) {
    return error(key, "must be %s, but is %s".formatted(expected, Json.kind(value)));
  }
}
