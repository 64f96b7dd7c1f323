package dev.gatun.token;

import dev.gatun.token.JinjaExpression.Arguments;
import dev.gatun.token.JinjaFilters.Given;
import dev.gatun.token.JinjaValue.Tuple;
import dev.gatun.token.JinjaValue.Undefined;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Computes expressions. Its budget of steps makes sure that every template comes to an end. */
final class JinjaEvaluator {
  private static final int MAX_DEPTH = 500;
  private static final int MAX_STEPS = 10_000_000;
  private static final int MAX_ELEMENTS = 1 << 20;

  private int depth;
  private int steps;

  /** Counts a step; too many are an error. */
  void step() {
    if (++steps > MAX_STEPS) {
      throw new JinjaException(
          "the template does not come to an end: over " + MAX_STEPS + " steps");
    }
  }

  boolean isTrue(JinjaExpression expression, JinjaScope scope) {
    return JinjaValue.truth(evaluate(expression, scope));
  }

  @Nullable Object evaluate(JinjaExpression expression, JinjaScope scope) {
    step();
    if (++depth > MAX_DEPTH) {
      throw new JinjaException("more than " + MAX_DEPTH + " expressions inside each other");
    }
    Object value = evaluated(expression, scope);
    depth--;
    return value;
  }

  private @Nullable Object evaluated(JinjaExpression expression, JinjaScope scope) {
    return switch (expression) {
      case JinjaExpression.Constant(Object value) -> value;
      case JinjaExpression.Name(String name) -> scope.get(name);
      case JinjaExpression.Listing(List<JinjaExpression> items, boolean tuple) -> {
        List<Object> values = all(items, scope);
        yield tuple ? new Tuple(values) : values;
      }
      case JinjaExpression.Dictionary dictionary -> dictionary(dictionary, scope);
      case JinjaExpression.Unary(String operator, JinjaExpression operand) ->
          unary(operator, evaluate(operand, scope));
      case JinjaExpression.Binary binary -> binary(binary, scope);
      case JinjaExpression.Comparison comparison -> comparison(comparison, scope);
      case JinjaExpression.Choice choice -> choice(choice, scope);
      case JinjaExpression.Attribute(JinjaExpression object, String name, int line) ->
          located(line, () -> JinjaItems.attribute(evaluate(object, scope), name));
      case JinjaExpression.Item(JinjaExpression object, JinjaExpression key, int line) ->
          located(line, () -> JinjaItems.item(evaluate(object, scope), evaluate(key, scope)));
      case JinjaExpression.Slice slice -> located(slice.line(), () -> slice(slice, scope));
      case JinjaExpression.Call call -> located(call.line(), () -> call(call, scope));
      case JinjaExpression.Filter filter -> located(filter.line(), () -> filter(filter, scope));
      case JinjaExpression.Test test ->
          located(
              test.line(),
              () ->
                  JinjaTests.holds(
                      test.name(), evaluate(test.operand(), scope), all(test.arguments(), scope)));
    };
  }

  /** Computes a value. */
  @FunctionalInterface
  private interface Computation {
    @Nullable Object compute();
  }

  private static @Nullable Object located(int line, Computation computation) {
    try {
      return computation.compute();
    } catch (JinjaException e) {
      throw e.at(line);
    }
  }

  private List<Object> all(List<JinjaExpression> expressions, JinjaScope scope) {
    List<Object> values = new ArrayList<>(expressions.size());
    for (JinjaExpression expression : expressions) {
      values.add(evaluate(expression, scope));
    }
    return values;
  }

  private Object dictionary(JinjaExpression.Dictionary dictionary, JinjaScope scope) {
    Map<Object, Object> map = new LinkedHashMap<>();
    for (int i = 0; i < dictionary.keys().size(); i++) {
      map.put(
          evaluate(dictionary.keys().get(i), scope), evaluate(dictionary.values().get(i), scope));
    }
    return map;
  }

  private static Object unary(String operator, @Nullable Object value) {
    return switch (operator) {
      case "not" -> !JinjaValue.truth(value);
      case "-" -> PythonNumber.calculate("*", -1L, value);
      default -> PythonNumber.calculate("+", 0L, value);
    };
  }

  private @Nullable Object binary(JinjaExpression.Binary binary, JinjaScope scope) {
    Object left = evaluate(binary.left(), scope);
    return switch (binary.operator()) {
      case "and" -> JinjaValue.truth(left) ? evaluate(binary.right(), scope) : left;
      case "or" -> JinjaValue.truth(left) ? left : evaluate(binary.right(), scope);
      default -> operate(binary.operator(), left, evaluate(binary.right(), scope));
    };
  }

  private static Object operate(String operator, @Nullable Object left, @Nullable Object right) {
    if (operator.equals("~")) {
      return concatenated(PythonText.str(left), PythonText.str(right));
    }
    if (PythonNumber.isNumber(left) && PythonNumber.isNumber(right)) {
      return PythonNumber.calculate(operator, left, right);
    }
    if (operator.equals("+") && left instanceof String a && right instanceof String b) {
      return concatenated(a, b);
    }
    if (operator.equals("+") && left instanceof List<?> a && right instanceof List<?> b) {
      if ((long) a.size() + b.size() > MAX_ELEMENTS) {
        throw new JinjaException("a list of more than " + MAX_ELEMENTS + " elements");
      }
      List<Object> both = new ArrayList<>(a);
      both.addAll(b);
      return both;
    }
    if (operator.equals("*") && left instanceof String text && right instanceof Long times) {
      PythonText.require(
          text.isEmpty() || times <= 0
              ? 0
              : Math.multiplyHigh(times, text.length()) != 0
                  ? Long.MAX_VALUE
                  : times * text.length());
      return text.repeat((int) Math.max(0, times));
    }
    throw new JinjaException(
        "%s %s %s".formatted(JinjaValue.kind(left), operator, JinjaValue.kind(right)));
  }

  private static String concatenated(String left, String right) {
    PythonText.require((long) left.length() + right.length());
    return left + right;
  }

  private boolean comparison(JinjaExpression.Comparison comparison, JinjaScope scope) {
    Object left = evaluate(comparison.first(), scope);
    for (int i = 0; i < comparison.operators().size(); i++) {
      Object right = evaluate(comparison.others().get(i), scope);
      if (!compares(comparison.operators().get(i), left, right)) {
        return false;
      }
      left = right;
    }
    return true;
  }

  private static boolean compares(String operator, @Nullable Object a, @Nullable Object b) {
    return switch (operator) {
      case "==" -> JinjaValue.equal(a, b);
      case "!=" -> !JinjaValue.equal(a, b);
      case "<" -> JinjaValue.compare(a, b) < 0;
      case "<=" -> JinjaValue.compare(a, b) <= 0;
      case ">" -> JinjaValue.compare(a, b) > 0;
      case ">=" -> JinjaValue.compare(a, b) >= 0;
      case "in" -> JinjaTests.contains(b, a);
      case "not in" -> !JinjaTests.contains(b, a);
      default -> throw new IllegalArgumentException(operator);
    };
  }

  private @Nullable Object choice(JinjaExpression.Choice choice, JinjaScope scope) {
    if (isTrue(choice.condition(), scope)) {
      return evaluate(choice.then(), scope);
    }
    return choice.otherwise() == null
        ? new Undefined("the value of an \"if\" without an \"else\"")
        : evaluate(choice.otherwise(), scope);
  }

  private Object slice(JinjaExpression.Slice slice, JinjaScope scope) {
    return JinjaItems.slice(
        evaluate(slice.object(), scope),
        slice.from() == null ? null : evaluate(slice.from(), scope),
        slice.to() == null ? null : evaluate(slice.to(), scope),
        slice.step() == null ? null : evaluate(slice.step(), scope));
  }

  private @Nullable Object call(JinjaExpression.Call call, JinjaScope scope) {
    Object function = evaluate(call.function(), scope);
    if (!(function instanceof JinjaValue.Function callable)) {
      throw new JinjaException(JinjaValue.kind(function) + " cannot be called");
    }
    Arguments arguments = call.arguments();
    return callable.call(all(arguments.positional(), scope), named(arguments, scope));
  }

  private Map<String, Object> named(Arguments arguments, JinjaScope scope) {
    Map<String, Object> named = new LinkedHashMap<>();
    for (JinjaExpression.Named argument : arguments.named()) {
      named.put(argument.name(), evaluate(argument.value(), scope));
    }
    return named;
  }

  private @Nullable Object filter(JinjaExpression.Filter filter, JinjaScope scope) {
    Object value = evaluate(filter.operand(), scope);
    Arguments arguments = filter.arguments();
    Given given =
        new Given(filter.name(), all(arguments.positional(), scope), named(arguments, scope));
    return switch (filter.name()) {
      case "map" -> map(JinjaValue.items(value), given);
      case "select" -> select(JinjaValue.items(value), given, false, true);
      case "reject" -> select(JinjaValue.items(value), given, false, false);
      case "selectattr" -> select(JinjaValue.items(value), given, true, true);
      case "rejectattr" -> select(JinjaValue.items(value), given, true, false);
      default -> JinjaFilters.apply(value, given);
    };
  }

  private List<Object> map(List<Object> items, Given given) {
    Object attribute = given.named().get("attribute");
    List<Object> mapped = new ArrayList<>();
    for (Object item : items) {
      step();
      if (attribute == null) {
        List<Object> rest = given.positional();
        Given inner =
            new Given(given.text(0, "filter", ""), rest.subList(1, rest.size()), given.named());
        mapped.add(JinjaFilters.apply(item, inner));
      } else {
        Object value = JinjaFilters.attribute(item, attribute);
        boolean absent = value instanceof Undefined && given.named().containsKey("default");
        mapped.add(absent ? given.named().get("default") : value);
      }
    }
    return mapped;
  }

  private List<Object> select(List<Object> items, Given given, boolean ofAttribute, boolean keep) {
    List<Object> rest = given.positional();
    int at = ofAttribute ? 1 : 0;
    if (ofAttribute && rest.isEmpty()) {
      throw new JinjaException("the filter " + given.filter() + " needs an attribute");
    }
    List<Object> kept = new ArrayList<>();
    for (Object item : items) {
      step();
      Object value = ofAttribute ? JinjaFilters.attribute(item, rest.getFirst()) : item;
      boolean holds =
          rest.size() <= at
              ? JinjaValue.truth(value)
              : JinjaTests.holds(
                  PythonText.str(rest.get(at)), value, rest.subList(at + 1, rest.size()));
      if (holds == keep) {
        kept.add(item);
      }
    }
    return kept;
  }
}
