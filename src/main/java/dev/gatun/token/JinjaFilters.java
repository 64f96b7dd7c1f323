package dev.gatun.token;

import dev.gatun.token.JinjaValue.Undefined;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The filters of Jinja that templates use, and transformers' own {@code tojson}. */
final class JinjaFilters {
  private static final int MAX_INDENT = 64;

  private JinjaFilters() {}

  /** The arguments of a filter, by place or by name. */
  record Given(String filter, List<Object> positional, Map<String, Object> named) {
    boolean has(int index, String name) {
      return index < positional.size() || named.containsKey(name);
    }

    @Nullable Object get(int index, String name, @Nullable Object otherwise) {
      return index < positional.size()
          ? positional.get(index)
          : named.containsKey(name) ? named.get(name) : otherwise;
    }

    String text(int index, String name, String otherwise) {
      if (get(index, name, otherwise) instanceof String text) {
        return text;
      }
      throw new JinjaException("the filter " + filter + " needs a text for \"" + name + "\"");
    }

    boolean flag(int index, String name) {
      return JinjaValue.truth(get(index, name, false));
    }
  }

  /** Applies a filter to a value. */
  static @Nullable Object apply(@Nullable Object value, Given given) {
    return switch (given.filter()) {
      case "trim" ->
          PythonText.strip(PythonText.str(value), (String) given.get(0, "chars", null), true, true);
      case "upper" -> PythonText.str(value).toUpperCase(Locale.ROOT);
      case "lower" -> PythonText.str(value).toLowerCase(Locale.ROOT);
      case "capitalize" -> PythonMethods.capitalize(PythonText.str(value));
      case "title" -> title(PythonText.str(value));
      case "string", "safe" -> PythonText.str(value);
      case "length", "count" -> length(value);
      case "default", "d" ->
          value instanceof Undefined || (given.flag(1, "boolean") && !JinjaValue.truth(value))
              ? given.get(0, "default_value", "")
              : value;
      case "tojson" -> json(value, given);
      case "replace" ->
          PythonMethods.replace(
              PythonText.str(value),
              given.text(0, "old", ""),
              given.text(1, "new", ""),
              PythonNumber.toLong(given.get(2, "count", -1L)));
      case "indent" -> indent(PythonText.str(value), given);
      case "join" -> join(value, given);
      case "list" -> new ArrayList<>(JinjaValue.items(value));
      case "first" -> end(JinjaValue.items(value), true);
      case "last" -> end(JinjaValue.items(value), false);
      case "reverse" -> reversed(value);
      case "sort" -> sorted(value, given);
      case "unique" -> unique(JinjaValue.items(value), given.get(1, "attribute", null));
      case "items" -> value instanceof Map<?, ?> map ? PythonMethods.pairs(map) : noMap(value);
      case "dictsort" -> value instanceof Map<?, ?> map ? dictionarySorted(map) : noMap(value);
      case "min", "max" -> extreme(JinjaValue.items(value), given.filter().equals("max"));
      case "sum" -> sum(JinjaValue.items(value));
      case "abs" ->
          PythonNumber.calculate("*", value, JinjaValue.compare(value, 0L) < 0 ? -1L : 1L);
      case "int" -> toInteger(value, given.get(0, "default", 0L));
      case "float" -> toFloat(value, given.get(0, "default", 0.0));
      case "round" -> round(value, given);
      default ->
          throw new JinjaException(
              "the filter \"" + given.filter() + "\", which is not known here");
    };
  }

  private static List<Object> noMap(@Nullable Object value) {
    if (value instanceof Undefined) {
      return List.of();
    }
    throw new JinjaException(JinjaValue.kind(value) + " is no dictionary");
  }

  static long length(@Nullable Object value) {
    return switch (value) {
      case String text -> text.codePointCount(0, text.length());
      case Map<?, ?> map -> map.size();
      case null, default -> JinjaValue.items(value).size();
    };
  }

  /** The first letter of each word in upper case, the rest in lower; marks begin words, too. */
  private static String title(String text) {
    StringBuilder title = new StringBuilder();
    boolean starts = true;
    for (int c : text.codePoints().toArray()) {
      String one = Character.toString(c);
      title.append(starts ? one.toUpperCase(Locale.ROOT) : one.toLowerCase(Locale.ROOT));
      starts = "-([{<".contains(one) || (c < 0x10000 && PythonText.isSpace((char) c));
    }
    return title.toString();
  }

  private static String json(@Nullable Object value, Given given) {
    Object indent = given.get(1, "indent", null);
    long spaces = indent == null ? -1 : PythonNumber.toLong(indent);
    if (spaces > MAX_INDENT) {
      throw new JinjaException("tojson with an indent of " + spaces);
    }
    Object separators = given.get(2, "separators", null);
    String item = indent == null ? ", " : ",";
    String key = ": ";
    if (separators != null) {
      List<Object> two = JinjaValue.items(separators);
      item = PythonText.str(two.getFirst());
      key = PythonText.str(two.getLast());
    }
    return PythonText.json(
        value, (int) spaces, item, key, given.flag(3, "sort_keys"), given.flag(0, "ensure_ascii"));
  }

  private static String indent(String text, Given given) {
    Object width = given.get(0, "width", 4L);
    long spaces = width instanceof String ? 0 : PythonNumber.toLong(width);
    PythonText.require(spaces * (text.length() + 1L));
    String margin = width instanceof String own ? own : " ".repeat((int) Math.max(0, spaces));
    boolean first = given.flag(1, "first");
    boolean blank = given.flag(2, "blank");
    PythonText.Bounded out = new PythonText.Bounded();
    String[] lines = text.split("\n", -1);
    for (int i = 0; i < lines.length; i++) {
      out.append(i == 0 ? "" : "\n");
      out.append(i == 0 ? (first ? margin : "") : blank || !lines[i].isEmpty() ? margin : "");
      out.append(lines[i]);
    }
    return out.toString();
  }

  private static String join(@Nullable Object value, Given given) {
    String separator = PythonText.str(given.get(0, "d", ""));
    Object attribute = given.get(1, "attribute", null);
    List<Object> texts = new ArrayList<>();
    for (Object item : JinjaValue.items(value)) {
      texts.add(PythonText.str(attribute == null ? item : attribute(item, attribute)));
    }
    return PythonMethods.join(separator, texts);
  }

  /** An attribute that a filter is told the name of; dots lead further in. */
  static @Nullable Object attribute(@Nullable Object item, Object path) {
    Object value = item;
    for (String name : PythonText.str(path).split("\\.", -1)) {
      boolean index = name.matches("\\d{1,9}");
      value = JinjaItems.item(value, index ? (Object) Long.valueOf(name) : name);
    }
    return value;
  }

  private static Object end(List<Object> items, boolean first) {
    if (items.isEmpty()) {
      return new Undefined("the " + (first ? "first" : "last") + " element of nothing");
    }
    return first ? items.getFirst() : items.getLast();
  }

  private static Object reversed(@Nullable Object value) {
    if (value instanceof String text) {
      return new StringBuilder(text).reverse().toString();
    }
    List<Object> items = new ArrayList<>(JinjaValue.items(value));
    Collections.reverse(items);
    return items;
  }

  private static List<Object> sorted(@Nullable Object value, Given given) {
    boolean reverse = given.flag(0, "reverse");
    boolean caseSensitive = given.flag(1, "case_sensitive");
    Object attribute = given.get(2, "attribute", null);
    Comparator<Object> order =
        (a, b) ->
            JinjaValue.compare(key(a, attribute, caseSensitive), key(b, attribute, caseSensitive));
    List<Object> items = new ArrayList<>(JinjaValue.items(value));
    items.sort(reverse ? order.reversed() : order);
    return items;
  }

  private static @Nullable Object key(
      @Nullable Object item, @Nullable Object attribute, boolean caseSensitive) {
    Object key = attribute == null ? item : attribute(item, attribute);
    return key instanceof String text && !caseSensitive ? text.toLowerCase(Locale.ROOT) : key;
  }

  private static List<Object> unique(List<Object> items, @Nullable Object attribute) {
    Set<@Nullable Object> seen = new LinkedHashSet<>();
    List<Object> kept = new ArrayList<>();
    for (Object item : items) {
      if (seen.add(key(item, attribute, false))) {
        kept.add(item);
      }
    }
    return kept;
  }

  private static List<Object> dictionarySorted(Map<?, ?> map) {
    List<Object> pairs = PythonMethods.pairs(map);
    pairs.sort(
        (a, b) ->
            JinjaValue.compare(
                key(JinjaItems.item(a, 0L), null, false),
                key(JinjaItems.item(b, 0L), null, false)));
    return pairs;
  }

  private static @Nullable Object extreme(List<Object> items, boolean largest) {
    if (items.isEmpty()) {
      return new Undefined("the extreme of nothing");
    }
    Object best = items.getFirst();
    for (Object item : items) {
      int order = JinjaValue.compare(key(item, null, false), key(best, null, false));
      best = (largest ? order > 0 : order < 0) ? item : best;
    }
    return best;
  }

  private static Object sum(List<Object> items) {
    Number sum = 0L;
    for (Object item : items) {
      sum = PythonNumber.calculate("+", sum, item);
    }
    return sum;
  }

  private static @Nullable Object toInteger(@Nullable Object value, @Nullable Object otherwise) {
    try {
      return switch (value) {
        case String text when text.strip().matches("[+-]?\\d{1,18}") -> Long.valueOf(text.strip());
        case String text -> (Object) (long) Double.parseDouble(text);
        case null, default -> PythonNumber.toLong(value);
      };
    } catch (NumberFormatException | JinjaException e) {
      return otherwise;
    }
  }

  private static @Nullable Object toFloat(@Nullable Object value, @Nullable Object otherwise) {
    try {
      return value instanceof String text ? Double.valueOf(text) : PythonNumber.toDouble(value);
    } catch (NumberFormatException | JinjaException e) {
      return otherwise;
    }
  }

  private static Number round(@Nullable Object value, Given given) {
    long precision = PythonNumber.toLong(given.get(0, "precision", 0L));
    if (!PythonNumber.isFloat(value) && precision >= 0 && !given.has(1, "method")) {
      return PythonNumber.toLong(value);
    }
    RoundingMode mode =
        switch (given.text(1, "method", "common")) {
          case "common" -> RoundingMode.HALF_EVEN;
          case "ceil" -> RoundingMode.CEILING;
          case "floor" -> RoundingMode.FLOOR;
          default -> throw new JinjaException("round() by a method that is not known");
        };
    if (Math.abs(precision) > 300) {
      throw new JinjaException("round() to " + precision + " digits");
    }
    BigDecimal exact = new BigDecimal(PythonNumber.toDouble(value));
    return exact.setScale((int) precision, mode).doubleValue();
  }
}
