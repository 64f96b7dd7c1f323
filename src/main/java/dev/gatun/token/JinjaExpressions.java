package dev.gatun.token;

import dev.gatun.token.JinjaExpression.Arguments;
import dev.gatun.token.JinjaExpression.Named;
import dev.gatun.token.JinjaToken.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads expressions, with Jinja's grammar and precedence, the loosest first:
 *
 * <pre>
 *   a if b else c    or    and    not    comparisons, in    + -    ~    * / // %    **
 *   signs    .name [item] (call)    | filter, is test
 * </pre>
 */
final class JinjaExpressions {
  private static final int MAX_DEPTH = 200;
  private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");

  private final JinjaTokens tokens;
  private int depth;

  JinjaExpressions(JinjaTokens tokens) {
    this.tokens = tokens;
  }

  /** Reads an operand of an operator. */
  @FunctionalInterface
  private interface Level {
    JinjaExpression read();
  }

  /** An expression, or several with commas between them. */
  JinjaExpression tuple() {
    return several(this::expression);
  }

  /** The same where {@code if} means something else, as behind {@code for x in}. */
  JinjaExpression tupleWithoutChoice() {
    return several(this::or);
  }

  private JinjaExpression several(Level level) {
    JinjaExpression first = level.read();
    if (!tokens.peek().is(Kind.OPERATOR, ",")) {
      return first;
    }
    List<JinjaExpression> items = new ArrayList<>(List.of(first));
    while (tokens.skipOperator(",")) {
      if (tokens.peek().kind() == Kind.OPERATOR && tokens.peek().text().equals(")")) {
        break;
      }
      items.add(level.read());
    }
    return new JinjaExpression.Listing(items, true);
  }

  JinjaExpression expression() {
    if (++depth > MAX_DEPTH) {
      throw tokens.error("more than " + MAX_DEPTH + " expressions inside each other");
    }
    JinjaExpression value = or();
    while (tokens.skipName("if")) {
      JinjaExpression condition = or();
      JinjaExpression otherwise = tokens.skipName("else") ? expression() : null;
      value = new JinjaExpression.Choice(condition, value, otherwise);
    }
    depth--;
    return value;
  }

  private JinjaExpression or() {
    JinjaExpression value = and();
    while (tokens.skipName("or")) {
      value = new JinjaExpression.Binary("or", value, and());
    }
    return value;
  }

  private JinjaExpression and() {
    JinjaExpression value = not();
    while (tokens.skipName("and")) {
      value = new JinjaExpression.Binary("and", value, not());
    }
    return value;
  }

  private JinjaExpression not() {
    int nots = 0;
    while (tokens.skipName("not")) {
      nots++;
    }
    JinjaExpression value = comparison();
    if (nots == 0) {
      return value;
    }
    JinjaExpression negated = new JinjaExpression.Unary("not", value);
    return nots % 2 == 1 ? negated : new JinjaExpression.Unary("not", negated);
  }

  private JinjaExpression comparison() {
    JinjaExpression first = sum();
    List<String> operators = new ArrayList<>();
    List<JinjaExpression> others = new ArrayList<>();
    for (String operator = comparisonOperator();
        operator != null;
        operator = comparisonOperator()) {
      operators.add(operator);
      others.add(sum());
    }
    return operators.isEmpty() ? first : new JinjaExpression.Comparison(first, operators, others);
  }

  private @Nullable String comparisonOperator() {
    JinjaToken token = tokens.peek();
    if (token.kind() == Kind.OPERATOR && COMPARISONS.contains(token.text())) {
      return tokens.next().text();
    }
    if (tokens.skipName("in")) {
      return "in";
    }
    if (token.is(Kind.NAME, "not")) {
      tokens.next();
      tokens.expectName("in");
      return "not in";
    }
    return null;
  }

  private JinjaExpression sum() {
    return leftToRight(this::concatenation, "+", "-");
  }

  private JinjaExpression concatenation() {
    return leftToRight(this::product, "~");
  }

  private JinjaExpression product() {
    return leftToRight(this::power, "*", "/", "//", "%");
  }

  private JinjaExpression power() {
    return leftToRight(() -> unary(true), "**");
  }

  private JinjaExpression leftToRight(Level operands, String... operators) {
    Set<String> own = Set.of(operators);
    JinjaExpression value = operands.read();
    while (tokens.peek().kind() == Kind.OPERATOR && own.contains(tokens.peek().text())) {
      String operator = tokens.next().text();
      value = new JinjaExpression.Binary(operator, value, operands.read());
    }
    return value;
  }

  private JinjaExpression unary(boolean withFilters) {
    JinjaExpression value;
    if (tokens.peek().is(Kind.OPERATOR, "-") || tokens.peek().is(Kind.OPERATOR, "+")) {
      if (++depth > MAX_DEPTH) {
        throw tokens.error("more than " + MAX_DEPTH + " signs in a row");
      }
      value = new JinjaExpression.Unary(tokens.next().text(), unary(false));
      depth--;
    } else {
      value = primary();
    }
    value = postfix(value);
    return withFilters ? filtersAndTests(value) : value;
  }

  private JinjaExpression primary() {
    JinjaToken token = tokens.next();
    return switch (token.kind()) {
      case NAME -> named(token.text());
      case STRING -> {
        StringBuilder text = new StringBuilder(token.text());
        while (tokens.peek().kind() == Kind.STRING) {
          text.append(tokens.next().text());
        }
        yield new JinjaExpression.Constant(text.toString());
      }
      case INTEGER, FLOAT -> new JinjaExpression.Constant(PythonNumber.parse(token));
      case OPERATOR -> bracketed(token);
      default ->
          throw new JinjaException(
              token.line(), "expected an expression, but there is " + token.described());
    };
  }

  private static JinjaExpression named(String name) {
    return switch (name) {
      case "true", "True" -> new JinjaExpression.Constant(true);
      case "false", "False" -> new JinjaExpression.Constant(false);
      case "none", "None" -> new JinjaExpression.Constant(null);
      default -> new JinjaExpression.Name(name);
    };
  }

  private JinjaExpression bracketed(JinjaToken open) {
    return switch (open.text()) {
      case "(" -> {
        if (tokens.skipOperator(")")) {
          yield new JinjaExpression.Listing(List.of(), true);
        }
        JinjaExpression inner = tuple();
        tokens.expectOperator(")");
        yield inner;
      }
      case "[" -> new JinjaExpression.Listing(list("]"), false);
      case "{" -> dictionary();
      default ->
          throw new JinjaException(
              open.line(), "expected an expression, but there is " + open.described());
    };
  }

  private List<JinjaExpression> list(String close) {
    List<JinjaExpression> items = new ArrayList<>();
    while (!tokens.skipOperator(close)) {
      if (!items.isEmpty()) {
        tokens.expectOperator(",");
        if (tokens.skipOperator(close)) {
          break;
        }
      }
      items.add(expression());
    }
    return items;
  }

  private JinjaExpression dictionary() {
    List<JinjaExpression> keys = new ArrayList<>();
    List<JinjaExpression> values = new ArrayList<>();
    while (!tokens.skipOperator("}")) {
      if (!keys.isEmpty()) {
        tokens.expectOperator(",");
        if (tokens.skipOperator("}")) {
          break;
        }
      }
      keys.add(expression());
      tokens.expectOperator(":");
      values.add(expression());
    }
    return new JinjaExpression.Dictionary(keys, values);
  }

  private JinjaExpression postfix(JinjaExpression base) {
    JinjaExpression value = base;
    while (true) {
      int line = tokens.line();
      if (tokens.skipOperator(".")) {
        value = attribute(value, line);
      } else if (tokens.skipOperator("[")) {
        value = subscript(value, line);
      } else if (tokens.peek().is(Kind.OPERATOR, "(")) {
        value = new JinjaExpression.Call(value, arguments(), line);
      } else {
        return value;
      }
    }
  }

  private JinjaExpression attribute(JinjaExpression object, int line) {
    if (tokens.peek().kind() == Kind.INTEGER) {
      Object index = PythonNumber.parse(tokens.next());
      return new JinjaExpression.Item(object, new JinjaExpression.Constant(index), line);
    }
    return new JinjaExpression.Attribute(object, tokens.expect(Kind.NAME).text(), line);
  }

  private JinjaExpression subscript(JinjaExpression object, int line) {
    JinjaExpression from = tokens.peek().is(Kind.OPERATOR, ":") ? null : expression();
    if (from != null && tokens.skipOperator("]")) {
      return new JinjaExpression.Item(object, from, line);
    }
    tokens.expectOperator(":");
    JinjaExpression to = bound();
    JinjaExpression step = tokens.skipOperator(":") ? bound() : null;
    tokens.expectOperator("]");
    return new JinjaExpression.Slice(object, from, to, step, line);
  }

  private @Nullable JinjaExpression bound() {
    boolean absent = tokens.peek().is(Kind.OPERATOR, ":") || tokens.peek().is(Kind.OPERATOR, "]");
    return absent ? null : expression();
  }

  private Arguments arguments() {
    tokens.expectOperator("(");
    List<JinjaExpression> positional = new ArrayList<>();
    List<Named> named = new ArrayList<>();
    while (!tokens.skipOperator(")")) {
      if (!positional.isEmpty() || !named.isEmpty()) {
        tokens.expectOperator(",");
        if (tokens.skipOperator(")")) {
          break;
        }
      }
      JinjaExpression value = expression();
      if (value instanceof JinjaExpression.Name(String name) && tokens.skipOperator("=")) {
        named.add(new Named(name, expression()));
      } else if (named.isEmpty()) {
        positional.add(value);
      } else {
        throw tokens.error("an argument without a name behind one with a name");
      }
    }
    return new Arguments(positional, named);
  }

  private JinjaExpression filtersAndTests(JinjaExpression operand) {
    JinjaExpression value = operand;
    while (true) {
      int line = tokens.line();
      if (tokens.skipOperator("|")) {
        String name = tokens.expect(Kind.NAME).text();
        boolean called = tokens.peek().is(Kind.OPERATOR, "(");
        value =
            new JinjaExpression.Filter(value, name, called ? arguments() : Arguments.NONE, line);
      } else if (tokens.skipName("is")) {
        value = test(value, line);
      } else if (tokens.peek().is(Kind.OPERATOR, "(")) {
        value = new JinjaExpression.Call(value, arguments(), line);
      } else {
        return value;
      }
    }
  }

  private JinjaExpression test(JinjaExpression operand, int line) {
    boolean negated = tokens.skipName("not");
    String name = tokens.expect(Kind.NAME).text();
    List<JinjaExpression> arguments = List.of();
    if (tokens.peek().is(Kind.OPERATOR, "(")) {
      arguments = arguments().positional();
    } else if (beginsTestArgument()) {
      arguments = List.of(postfix(primary()));
    }
    JinjaExpression test = new JinjaExpression.Test(operand, name, arguments, line);
    return negated ? new JinjaExpression.Unary("not", test) : test;
  }

  private boolean beginsTestArgument() {
    JinjaToken token = tokens.peek();
    return switch (token.kind()) {
      case STRING, INTEGER, FLOAT -> true;
      case NAME -> !Set.of("else", "or", "and", "if", "is", "in", "not").contains(token.text());
      case OPERATOR -> token.text().equals("[") || token.text().equals("{");
      default -> false;
    };
  }
}
