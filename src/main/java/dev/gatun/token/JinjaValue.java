package dev.gatun.token;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a template computes with: {@code String}, {@code Long}, {@code Double}, {@code Boolean},
 * null for none, {@code List}, {@code Map}, and the kinds below. Nothing else is ever reached, so a
 * template can do nothing but compute with them.
 */
final class JinjaValue {
  private static final int MAX_DEPTH = 200;

  private JinjaValue() {}

  /** What a name stands for that nobody has set: it prints as nothing and is false. */
  record Undefined(String what) {}

  /** A tuple, which differs from a list in how it prints. */
  record Tuple(List<Object> items) {}

  /** What {@code namespace()} makes: the only value whose attributes a template can set. */
  record Namespace(Map<String, Object> attributes) {
    Namespace() {
      this(new LinkedHashMap<>());
    }
  }

  /** Something to call: a macro, a global function, a method. */
  @FunctionalInterface
  interface Function {
    @Nullable Object call(List<Object> arguments, Map<String, Object> named);
  }

  /** What Python's {@code bool(value)} says. */
  static boolean truth(@Nullable Object value) {
    return switch (value) {
      case null -> false;
      case Boolean flag -> flag;
      case Long number -> number != 0;
      case Double number -> number != 0;
      case String text -> !text.isEmpty();
      case List<?> list -> !list.isEmpty();
      case Map<?, ?> map -> !map.isEmpty();
      case Tuple(List<Object> items) -> !items.isEmpty();
      case Undefined _ -> false;
      default -> true;
    };
  }

  /** What Python's {@code a == b} says: numbers and truth values by value, others by kind. */
  static boolean equal(@Nullable Object a, @Nullable Object b) {
    return equal(a, b, 0);
  }

  private static boolean equal(@Nullable Object a, @Nullable Object b, int depth) {
    if (depth > MAX_DEPTH) {
      throw new JinjaException("a value of more than " + MAX_DEPTH + " levels");
    }
    if (PythonNumber.isNumber(a) && PythonNumber.isNumber(b)) {
      return PythonNumber.compare(a, b) == 0;
    }
    return switch (a) {
      case null -> b == null;
      case Undefined _ -> b instanceof Undefined;
      case Tuple(List<Object> items) ->
          b instanceof Tuple(List<Object> others) && equal(items, others, depth);
      case List<?> items -> b instanceof List<?> others && equal(items, others, depth);
      case Map<?, ?> map -> b instanceof Map<?, ?> other && equal(map, other, depth);
      default -> a.equals(b);
    };
  }

  private static boolean equal(List<?> a, List<?> b, int depth) {
    if (a.size() != b.size()) {
      return false;
    }
    for (int i = 0; i < a.size(); i++) {
      if (!equal(a.get(i), b.get(i), depth + 1)) {
        return false;
      }
    }
    return true;
  }

  private static boolean equal(Map<?, ?> a, Map<?, ?> b, int depth) {
    if (!a.keySet().equals(b.keySet())) {
      return false;
    }
    for (Map.Entry<?, ?> entry : a.entrySet()) {
      if (!equal(entry.getValue(), b.get(entry.getKey()), depth + 1)) {
        return false;
      }
    }
    return true;
  }

  /** The order of two numbers or two texts, as {@code <} sees it. */
  static int compare(@Nullable Object a, @Nullable Object b) {
    if (PythonNumber.isNumber(a) && PythonNumber.isNumber(b)) {
      return PythonNumber.compare(a, b);
    }
    if (a instanceof String left && b instanceof String right) {
      return compareCodePoints(left, right);
    }
    throw new JinjaException("%s and %s have no order".formatted(kind(a), kind(b)));
  }

  private static int compareCodePoints(String a, String b) {
    int[] left = a.codePoints().toArray();
    int[] right = b.codePoints().toArray();
    return Arrays.compare(left, right);
  }

  /** What messages call the type of a value. */
  static String kind(@Nullable Object value) {
    return switch (value) {
      case null -> "none";
      case Boolean _ -> "a truth value";
      case Number _ -> "a number";
      case String _ -> "a text";
      case List<?> _ -> "a list";
      case Tuple _ -> "a tuple";
      case Map<?, ?> _ -> "a dictionary";
      case Undefined(String what) -> what + ", which is not defined,";
      case Namespace _ -> "a namespace";
      default -> "a function";
    };
  }

  /** The elements of what can be walked through: a text gives its characters, a map its keys. */
  static List<Object> items(@Nullable Object value) {
    return switch (value) {
      case List<?> list -> new ArrayList<>(list);
      case Tuple(List<Object> items) -> items;
      case Map<?, ?> map -> new ArrayList<>(map.keySet());
      case String text -> text.codePoints().mapToObj(c -> (Object) Character.toString(c)).toList();
      case Undefined _ -> List.of();
      case null, default -> throw new JinjaException(kind(value) + " has no elements");
    };
  }
}
