package dev.gatun.ptx;

import dev.gatun.core.DataException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A place in the tokens of a file, and the constants that PTX allows there. */
final class Cursor {
  /**
   * Parentheses and signs in each other. Each takes seven calls; with 200 of them, some ways of the
   * compiler to inline these filled a stack of half a megabyte.
   */
  private static final int DEEPEST = 32;

  private final String file;
  private final List<Token> tokens;
  private int at;
  private int depth;

  Cursor(String file, String text) {
    this.file = file;
    this.tokens = Lexer.tokens(file, text);
  }

  String file() {
    return file;
  }

  int line() {
    return peek().line();
  }

  Token peek() {
    return tokens.get(at);
  }

  Token peek(int ahead) {
    return tokens.get(Math.min(at + ahead, tokens.size() - 1));
  }

  Token next() {
    Token token = peek();
    if (token.kind() != Token.Kind.END) {
      at++;
    }
    return token;
  }

  boolean at(String text) {
    return peek().is(text);
  }

  boolean atEnd() {
    return peek().kind() == Token.Kind.END;
  }

  /** Steps over this text if it is next. */
  boolean take(String text) {
    if (at(text)) {
      at++;
      return true;
    }
    return false;
  }

  void expect(String text) {
    if (!take(text)) {
      throw refuse("\"" + text + "\" is expected here");
    }
  }

  String word(String what) {
    if (peek().kind() != Token.Kind.WORD) {
      throw refuse(what + " is expected here");
    }
    return next().text();
  }

  /** A type, as {@code .f32}. */
  Type type() {
    String text = peek().text();
    Type type = text.startsWith(".") ? Type.of(text.substring(1)) : null;
    if (type == null) {
      throw refuse("a type is expected here");
    }
    next();
    return type;
  }

  /** Refuses the token at the cursor. */
  DataException refuse(String why) {
    return Refusal.at(file, line(), "\"" + peek().text() + "\"", why);
  }

  /** The names of all {@code .file} directives by index; they may stand at the end. */
  Map<Integer, String> files() {
    Map<Integer, String> files = new HashMap<>();
    for (int i = 0; i + 2 < tokens.size(); i++) {
      Token index = tokens.get(i + 1);
      Token path = tokens.get(i + 2);
      if (tokens.get(i).is(".file")
          && index.text().matches("[0-9]{1,9}")
          && path.kind() == Token.Kind.STRING) {
        String name = path.text();
        files.put(Integer.parseInt(index.text()), name.substring(name.lastIndexOf('/') + 1));
      }
    }
    return files;
  }

  /** Skips a pair of braces with everything inside. */
  void skipBraces() {
    expect("{");
    int open = 1;
    while (open > 0) {
      if (atEnd()) {
        throw refuse("a closing brace is missing");
      }
      Token token = next();
      open += token.is("{") ? 1 : token.is("}") ? -1 : 0;
    }
  }

  /** The tokens from one position to the cursor, in the words of the file. */
  String textSince(int start) {
    StringBuilder text = new StringBuilder();
    for (int i = start; i < at; i++) {
      String word = tokens.get(i).text();
      boolean glue =
          text.isEmpty()
              || ",;)]}>|:".contains(word)
              || "[({<!@|".indexOf(text.charAt(text.length() - 1)) >= 0
              || word.equals("<")
              || word.equals("+")
              || text.charAt(text.length() - 1) == '+';
      text.append(glue ? "" : " ").append(word);
    }
    return text.toString();
  }

  int position() {
    return at;
  }

  /** A constant integer of this range. */
  long integer(String what, long least, long most) {
    int start = at;
    Operand value = constant();
    if (value instanceof Operand.Int(long number, _) && number >= least && number <= most) {
      return number;
    }
    at = start;
    throw refuse("%s is an integer from %d to %d".formatted(what, least, most));
  }

  /** A constant expression: integers with the operators of C, or one real number. */
  Operand constant() {
    return binary(0);
  }

  private static final List<List<String>> LEVELS =
      List.of(
          List.of("|"),
          List.of("^"),
          List.of("&"),
          List.of("<<", ">>"),
          List.of("+", "-"),
          List.of("*", "/", "%"));

  private Operand binary(int level) {
    if (level == LEVELS.size()) {
      return unary();
    }
    Operand left = binary(level + 1);
    while (peek().kind() == Token.Kind.PUNCTUATION && LEVELS.get(level).contains(peek().text())) {
      if (!(left instanceof Operand.Int a)) {
        throw refuse("expressions are of integers");
      }
      String operator = next().text();
      if (!(binary(level + 1) instanceof Operand.Int b)) {
        throw refuse("expressions are of integers");
      }
      boolean unsigned = a.unsigned() || b.unsigned();
      left = new Operand.Int(apply(operator, a.value(), b.value(), unsigned), unsigned);
    }
    return left;
  }

  private long apply(String operator, long a, long b, boolean unsigned) {
    if (b == 0 && (operator.equals("/") || operator.equals("%"))) {
      throw refuse("a constant is divided by zero");
    }
    return switch (operator) {
      case "|" -> a | b;
      case "^" -> a ^ b;
      case "&" -> a & b;
      case "<<" -> a << b;
      case ">>" -> unsigned ? a >>> b : a >> b;
      case "+" -> a + b;
      case "-" -> a - b;
      case "*" -> a * b;
      case "/" -> unsigned ? Long.divideUnsigned(a, b) : a / b;
      default -> unsigned ? Long.remainderUnsigned(a, b) : a % b;
    };
  }

  private Operand unary() {
    if (++depth > DEEPEST) {
      throw refuse("the expression is nested too deeply");
    }
    try {
      if (take("-")) {
        return negate(unary());
      }
      if (take("+")) {
        return unary();
      }
      if (take("~") && unary() instanceof Operand.Int(long value, boolean unsigned)) {
        return new Operand.Int(~value, unsigned);
      }
      if (take("(")) {
        Operand inner = binary(0);
        expect(")");
        return inner;
      }
      return number();
    } finally {
      depth--;
    }
  }

  private static Operand negate(Operand operand) {
    return switch (operand) {
      case Operand.Int(long value, boolean unsigned) -> new Operand.Int(-value, unsigned);
      case Operand.Real(double value, long bits, Operand.Real.Form form) ->
          new Operand.Real(
              -value,
              form == Operand.Real.Form.SINGLE_BITS ? bits ^ 0x8000_0000L : bits ^ Long.MIN_VALUE,
              form);
      default -> throw new AssertionError("a constant is " + operand);
    };
  }

  private Operand number() {
    if (peek().kind() != Token.Kind.NUMBER) {
      throw refuse("a number is expected here");
    }
    String text = peek().text();
    try {
      Operand value = parse(text);
      at++;
      return value;
    } catch (NumberFormatException e) {
      throw refuse("this is not a number of PTX");
    }
  }

  private static Operand parse(String text) {
    String lower = text.toLowerCase(java.util.Locale.ROOT);
    if (lower.startsWith("0f") || lower.startsWith("0d")) {
      boolean single = lower.charAt(1) == 'f';
      if (text.length() != (single ? 10 : 18)) {
        throw new NumberFormatException(text);
      }
      long bits = Long.parseUnsignedLong(text.substring(2), 16);
      return single
          ? new Operand.Real(Float.intBitsToFloat((int) bits), bits, Operand.Real.Form.SINGLE_BITS)
          : new Operand.Real(Double.longBitsToDouble(bits), bits, Operand.Real.Form.DOUBLE_BITS);
    }
    boolean hex = lower.startsWith("0x");
    if (!hex && (lower.indexOf('.') >= 0 || lower.indexOf('e') >= 0)) {
      if (!lower.matches("[0-9]+\\.?[0-9]*(e[+-]?[0-9]+)?")) {
        throw new NumberFormatException(text);
      }
      double value = Double.parseDouble(lower);
      return new Operand.Real(value, Double.doubleToRawLongBits(value), Operand.Real.Form.DECIMAL);
    }
    boolean suffix = lower.endsWith("u");
    String digits = suffix ? lower.substring(0, lower.length() - 1) : lower;
    boolean octal = digits.length() > 1 && digits.startsWith("0");
    long value;
    if (hex) {
      value = Long.parseUnsignedLong(digits.substring(2), 16);
    } else if (digits.startsWith("0b")) {
      value = Long.parseUnsignedLong(digits.substring(2), 2);
    } else {
      value = Long.parseUnsignedLong(digits, octal ? 8 : 10);
    }
    return new Operand.Int(value, suffix || value < 0);
  }
}
