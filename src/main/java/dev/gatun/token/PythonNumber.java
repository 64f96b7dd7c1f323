package dev.gatun.token;

import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/** Python's arithmetic: integers (here of 64 bits), floats, and truth values as 0 and 1. */
final class PythonNumber {
  private PythonNumber() {}

  /** A number as it is written in a template. */
  static Number parse(JinjaToken token) {
    String digits = token.text().replace("_", "");
    try {
      if (token.kind() == JinjaToken.Kind.INTEGER) {
        return Long.valueOf(digits);
      }
      return Double.valueOf(digits);
    } catch (NumberFormatException e) {
      throw new JinjaException(token.line(), "the number " + digits + " does not fit 64 bits");
    }
  }

  static boolean isNumber(@Nullable Object value) {
    return value instanceof Long || value instanceof Double || value instanceof Boolean;
  }

  static int compare(@Nullable Object a, @Nullable Object b) {
    return isFloat(a) || isFloat(b)
        ? Double.compare(toDouble(a) + 0.0, toDouble(b) + 0.0)
        : Long.compare(toLong(a), toLong(b));
  }

  /** One of {@code + - * / // % **} of two numbers. */
  static Number calculate(String operator, @Nullable Object a, @Nullable Object b) {
    try {
      return isFloat(a) || isFloat(b) || operator.equals("/")
          ? floating(operator, toDouble(a), toDouble(b))
          : integral(operator, toLong(a), toLong(b));
    } catch (ArithmeticException e) {
      throw new JinjaException("%s %s %s: %s".formatted(a, operator, b, e.getMessage()));
    }
  }

  private static Number floating(String operator, double a, double b) {
    if (b == 0 && (operator.equals("%") || operator.startsWith("/"))) {
      throw new ArithmeticException("division by zero");
    }
    return switch (operator) {
      case "+" -> a + b;
      case "-" -> a - b;
      case "*" -> a * b;
      case "/" -> a / b;
      case "//" -> Math.floor(a / b);
      case "%" -> a - b * Math.floor(a / b);
      case "**" -> Math.pow(a, b);
      default -> throw new IllegalArgumentException(operator);
    };
  }

  private static Number integral(String operator, long a, long b) {
    return switch (operator) {
      case "+" -> Math.addExact(a, b);
      case "-" -> Math.subtractExact(a, b);
      case "*" -> Math.multiplyExact(a, b);
      case "//" -> Math.floorDiv(a, b);
      case "%" -> Math.floorMod(a, b);
      case "**" -> power(a, b);
      default -> throw new IllegalArgumentException(operator);
    };
  }

  private static Number power(long base, long exponent) {
    if (exponent < 0) {
      return Math.pow((double) base, (double) exponent);
    }
    if (Math.abs(base) <= 1) {
      return exponent == 0 ? 1L : exponent % 2 == 0 ? base * base : base;
    }
    if (exponent > 63) {
      throw new ArithmeticException("long overflow");
    }
    long result = 1;
    for (long i = 0; i < exponent; i++) {
      result = Math.multiplyExact(result, base);
    }
    return result;
  }

  static boolean isFloat(@Nullable Object value) {
    return value instanceof Double;
  }

  static long toLong(@Nullable Object value) {
    return switch (value) {
      case Long number -> number;
      case Boolean flag -> flag ? 1 : 0;
      case Double number -> (long) (double) number;
      case null, default -> throw new JinjaException(JinjaValue.kind(value) + " is no number");
    };
  }

  static double toDouble(@Nullable Object value) {
    return value instanceof Double number ? number : toLong(value);
  }

  /** {@code repr} of a float: the shortest digits that read back as the same number. */
  static String text(double number) {
    if (Double.isNaN(number)) {
      return "nan";
    }
    if (Double.isInfinite(number)) {
      return number > 0 ? "inf" : "-inf";
    }
    if (number == 0) {
      return 1 / number < 0 ? "-0.0" : "0.0";
    }
    BigDecimal digits = new BigDecimal(Double.toString(number)).stripTrailingZeros();
    int exponent = digits.precision() - digits.scale() - 1;
    if (exponent >= -4 && exponent < 16) {
      String plain = digits.toPlainString();
      return plain.indexOf('.') < 0 ? plain + ".0" : plain;
    }
    String all = digits.unscaledValue().abs().toString();
    String fraction = all.length() > 1 ? "." + all.substring(1) : "";
    return (number < 0 ? "-" : "")
        + all.charAt(0)
        + fraction
        + (exponent < 0 ? "e-" : "e+")
        + (Math.abs(exponent) < 10 ? "0" : "")
        + Math.abs(exponent);
  }
}
