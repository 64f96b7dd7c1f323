package dev.gatun.token;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** An expression of a Jinja template, as its grammar has it. */
sealed interface JinjaExpression {
  /** A value that is written out: a text, a number, true, false or none. */
  record Constant(@Nullable Object value) implements JinjaExpression {}

  /** A variable. */
  record Name(String name) implements JinjaExpression {}

  /** A list, or a tuple, which prints with round brackets. */
  record Listing(List<JinjaExpression> items, boolean tuple) implements JinjaExpression {}

  /** A dictionary: keys and values in turns. */
  record Dictionary(List<JinjaExpression> keys, List<JinjaExpression> values)
      implements JinjaExpression {}

  /** {@code not} or a sign. */
  record Unary(String operator, JinjaExpression operand) implements JinjaExpression {}

  /** Arithmetic, {@code ~}, {@code and} or {@code or}. */
  record Binary(String operator, JinjaExpression left, JinjaExpression right)
      implements JinjaExpression {}

  /** {@code a < b <= c}: true if every neighbour holds; also {@code in} and {@code not in}. */
  record Comparison(JinjaExpression first, List<String> operators, List<JinjaExpression> others)
      implements JinjaExpression {}

  /** {@code then if condition else other}; without another, undefined. */
  record Choice(
      JinjaExpression condition, JinjaExpression then, @Nullable JinjaExpression otherwise)
      implements JinjaExpression {}

  /** {@code object.name}. */
  record Attribute(JinjaExpression object, String name, int line) implements JinjaExpression {}

  /** {@code object[key]}. */
  record Item(JinjaExpression object, JinjaExpression key, int line) implements JinjaExpression {}

  /** {@code object[from:to:step]}. */
  record Slice(
      JinjaExpression object,
      @Nullable JinjaExpression from,
      @Nullable JinjaExpression to,
      @Nullable JinjaExpression step,
      int line)
      implements JinjaExpression {}

  /** What stands between the brackets of a call. */
  record Arguments(List<JinjaExpression> positional, List<Named> named) {
    static final Arguments NONE = new Arguments(List.of(), List.of());
  }

  /** An argument with its name. */
  record Named(String name, JinjaExpression value) {}

  /** {@code function(arguments)}. */
  record Call(JinjaExpression function, Arguments arguments, int line) implements JinjaExpression {}

  /** {@code operand | name(arguments)}. */
  record Filter(JinjaExpression operand, String name, Arguments arguments, int line)
      implements JinjaExpression {}

  /** {@code operand is name(arguments)}. */
  record Test(JinjaExpression operand, String name, List<JinjaExpression> arguments, int line)
      implements JinjaExpression {}
}
