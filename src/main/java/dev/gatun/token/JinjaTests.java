package dev.gatun.token;

import dev.gatun.token.JinjaValue.Tuple;
import dev.gatun.token.JinjaValue.Undefined;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The tests of Jinja: what may stand behind {@code is}. */
final class JinjaTests {
  private JinjaTests() {}

  static boolean holds(String name, @Nullable Object value, List<Object> arguments) {
    return switch (name) {
      case "defined" -> !(value instanceof Undefined);
      case "undefined" -> value instanceof Undefined;
      case "none" -> value == null;
      case "true" -> Boolean.TRUE.equals(value);
      case "false" -> Boolean.FALSE.equals(value);
      case "boolean" -> value instanceof Boolean;
      case "string" -> value instanceof String;
      case "number" -> PythonNumber.isNumber(value);
      case "integer" -> value instanceof Long;
      case "float" -> value instanceof Double;
      case "mapping" -> value instanceof Map;
      case "sequence", "iterable" -> isSequence(value);
      case "callable" -> value instanceof JinjaValue.Function;
      case "even" -> leaves(value, 2L, 0L);
      case "odd" -> leaves(value, 2L, 1L);
      case "divisibleby" -> leaves(value, argument(name, arguments), 0L);
      case "lower" -> PythonMethods.isCased(PythonText.str(value), false);
      case "upper" -> PythonMethods.isCased(PythonText.str(value), true);
      case "sameas" -> isSame(value, argument(name, arguments));
      case "in" -> contains(argument(name, arguments), value);
      case "eq", "equalto", "==" -> JinjaValue.equal(value, argument(name, arguments));
      case "ne", "!=" -> !JinjaValue.equal(value, argument(name, arguments));
      case "lt", "lessthan", "<" -> JinjaValue.compare(value, argument(name, arguments)) < 0;
      case "le", "<=" -> JinjaValue.compare(value, argument(name, arguments)) <= 0;
      case "gt", "greaterthan", ">" -> JinjaValue.compare(value, argument(name, arguments)) > 0;
      case "ge", ">=" -> JinjaValue.compare(value, argument(name, arguments)) >= 0;
      default -> throw new JinjaException("the test \"" + name + "\", which is not known here");
    };
  }

  /** {@code value in container}. */
  static boolean contains(@Nullable Object container, @Nullable Object value) {
    if (container instanceof String text) {
      if (value instanceof String part) {
        return text.contains(part);
      }
      throw new JinjaException(
          "\"in\" a text needs a text, but is given " + JinjaValue.kind(value));
    }
    if (container instanceof Map<?, ?> map) {
      return map.containsKey(value);
    }
    return JinjaValue.items(container).stream().anyMatch(item -> JinjaValue.equal(item, value));
  }

  private static boolean isSequence(@Nullable Object value) {
    return value instanceof String
        || value instanceof List
        || value instanceof Tuple
        || value instanceof Map
        || value instanceof Undefined;
  }

  // The same object, as the test says.
  @SuppressWarnings("ReferenceEquality")
  private static boolean isSame(@Nullable Object a, @Nullable Object b) {
    return a == b || (a instanceof Boolean && a.equals(b));
  }

  /** Whether a division leaves a remainder. */
  private static boolean leaves(@Nullable Object value, @Nullable Object divisor, Long remainder) {
    return JinjaValue.equal(PythonNumber.calculate("%", value, divisor), remainder);
  }

  private static @Nullable Object argument(String name, List<Object> arguments) {
    if (arguments.size() != 1) {
      throw new JinjaException("the test \"" + name + "\" needs one argument");
    }
    return arguments.getFirst();
  }
}
