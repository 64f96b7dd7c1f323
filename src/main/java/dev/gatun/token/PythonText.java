package dev.gatun.token;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** How Python writes values as text, and which white space its strings know. */
final class PythonText {
  /** No text may become longer than this: a template must not fill the memory. */
  static final int MAX_LENGTH = 1 << 24;

  private static final int MAX_DEPTH = 200;

  private PythonText() {}

  /** Text that grows up to {@link #MAX_LENGTH}. */
  static final class Bounded {
    private final StringBuilder text = new StringBuilder();

    Bounded append(CharSequence part) {
      require((long) text.length() + part.length());
      text.append(part);
      return this;
    }

    int length() {
      return text.length();
    }

    @Override
    public String toString() {
      return text.toString();
    }
  }

  static void require(long length) {
    if (length > MAX_LENGTH) {
      throw new JinjaException("a text of more than " + MAX_LENGTH + " characters");
    }
  }

  /** {@code str(value)}; what is undefined is empty. */
  static String str(@Nullable Object value) {
    return switch (value) {
      case String text -> text;
      case JinjaValue.Undefined _ -> "";
      case null, default -> repr(value);
    };
  }

  /** {@code repr(value)}. */
  static String repr(@Nullable Object value) {
    Bounded out = new Bounded();
    repr(value, out, 0);
    return out.toString();
  }

  private static void repr(@Nullable Object value, Bounded out, int depth) {
    requireShallow(depth);
    switch (value) {
      case null -> out.append("None");
      case Boolean flag -> out.append(flag ? "True" : "False");
      case Double number -> out.append(PythonNumber.text(number));
      case String text -> quote(text, out);
      case JinjaValue.Undefined _ -> out.append("Undefined");
      case JinjaValue.Tuple(List<Object> items) -> {
        String separator = "(";
        for (Object item : items) {
          repr(item, out.append(separator), depth + 1);
          separator = ", ";
        }
        out.append(items.isEmpty() ? "()" : items.size() == 1 ? ",)" : ")");
      }
      case List<?> items -> {
        String separator = "[";
        for (Object item : items) {
          repr(item, out.append(separator), depth + 1);
          separator = ", ";
        }
        out.append(items.isEmpty() ? "[]" : "]");
      }
      case Map<?, ?> map -> {
        String separator = "{";
        for (Map.Entry<?, ?> entry : map.entrySet()) {
          repr(entry.getKey(), out.append(separator), depth + 1);
          repr(entry.getValue(), out.append(": "), depth + 1);
          separator = ", ";
        }
        out.append(map.isEmpty() ? "{}" : "}");
      }
      default -> out.append(value.toString());
    }
  }

  private static void quote(String text, Bounded out) {
    char quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
    StringBuilder quoted = new StringBuilder().append(quote);
    text.codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '\n' -> quoted.append("\\n");
                case '\r' -> quoted.append("\\r");
                case '\t' -> quoted.append("\\t");
                case '\\' -> quoted.append("\\\\");
                default -> {
                  if (c == quote) {
                    quoted.append('\\').append(quote);
                  } else if (isPrintable(c)) {
                    quoted.appendCodePoint(c);
                  } else {
                    String format = c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x";
                    quoted.append(String.format(Locale.ROOT, format, c));
                  }
                }
              }
            });
    out.append(quoted.append(quote));
  }

  private static boolean isPrintable(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      case Character.SPACE_SEPARATOR -> codePoint == ' ';
      default -> true;
    };
  }

  /**
   * {@code json.dumps(value, ensure_ascii=False)}.
   *
   * @param indent spaces for each level; below 0 for one line
   */
  static String json(
      @Nullable Object value, int indent, String item, String key, boolean sorted, boolean ascii) {
    Bounded out = new Bounded();
    new Json(out, indent, item, key, sorted, ascii).write(value, 0);
    return out.toString();
  }

  private record Json(
      Bounded out, int indent, String item, String key, boolean sorted, boolean ascii) {
    void write(@Nullable Object value, int depth) {
      requireShallow(depth);
      switch (value) {
        case null -> out.append("null");
        case Boolean flag -> out.append(flag.toString());
        case Double number -> out.append(jsonNumber(number));
        case Number number -> out.append(number.toString());
        case String text -> string(text);
        case JinjaValue.Tuple(List<Object> items) -> list(items, depth);
        case List<?> items -> list(items, depth);
        case Map<?, ?> map -> object(map, depth);
        default -> throw new JinjaException(PythonText.str(value) + " cannot be written as JSON");
      }
    }

    private void list(List<?> items, int depth) {
      String separator = "[";
      for (Object element : items) {
        out.append(separator);
        line(depth + 1);
        write(element, depth + 1);
        separator = item;
      }
      close(items.isEmpty() ? "[]" : "]", items.isEmpty(), depth);
    }

    private void object(Map<?, ?> map, int depth) {
      Map<?, ?> ordered = sorted ? new TreeMap<>(map) : map;
      String separator = "{";
      for (Map.Entry<?, ?> entry : ordered.entrySet()) {
        out.append(separator);
        line(depth + 1);
        string(entry.getKey() instanceof String text ? text : jsonKey(entry.getKey()));
        write(entry.getValue(), depth + 1, key);
        separator = item;
      }
      close(map.isEmpty() ? "{}" : "}", map.isEmpty(), depth);
    }

    private void write(@Nullable Object value, int depth, String before) {
      out.append(before);
      write(value, depth);
    }

    private void close(String bracket, boolean empty, int depth) {
      if (!empty) {
        line(depth);
      }
      out.append(bracket);
    }

    private void line(int depth) {
      if (indent >= 0) {
        out.append("\n").append(" ".repeat(indent * depth));
      }
    }

    private static String jsonNumber(double number) {
      return Double.isNaN(number)
          ? "NaN"
          : Double.isInfinite(number)
              ? (number > 0 ? "Infinity" : "-Infinity")
              : PythonNumber.text(number);
    }

    private static String jsonKey(@Nullable Object key) {
      return switch (key) {
        case null -> "null";
        case Boolean flag -> flag.toString();
        default -> PythonText.str(key);
      };
    }

    private void string(String text) {
      StringBuilder quoted = new StringBuilder("\"");
      for (int i = 0; i < text.length(); i++) {
        char c = text.charAt(i);
        switch (c) {
          case '"' -> quoted.append("\\\"");
          case '\\' -> quoted.append("\\\\");
          case '\n' -> quoted.append("\\n");
          case '\r' -> quoted.append("\\r");
          case '\t' -> quoted.append("\\t");
          case '\b' -> quoted.append("\\b");
          case '\f' -> quoted.append("\\f");
          default -> {
            if (c < 0x20 || (ascii && c > 0x7E)) {
              quoted.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
            } else {
              quoted.append(c);
            }
          }
        }
      }
      out.append(quoted.append('"'));
    }
  }

  private static void requireShallow(int depth) {
    if (depth > MAX_DEPTH) {
      throw new JinjaException("a value of more than " + MAX_DEPTH + " levels");
    }
  }

  /** Decodes the escape that begins at an index; returns the index behind it. */
  static int unescape(String source, int at, StringBuilder out) {
    char c = source.charAt(at + 1);
    int digits =
        switch (c) {
          case 'x' -> 2;
          case 'u' -> 4;
          case 'U' -> 8;
          default -> 0;
        };
    if (digits > 0) {
      int end = at + 2 + digits;
      String code = end <= source.length() ? source.substring(at + 2, end) : "";
      if (!code.matches("[0-9a-fA-F]+") || Long.parseLong(code, 16) > Character.MAX_CODE_POINT) {
        throw new JinjaException("the escape \"\\" + c + "\" in a string needs a code point");
      }
      out.appendCodePoint(Integer.parseInt(code, 16));
      return end;
    }
    switch (c) {
      case 'n' -> out.append('\n');
      case 't' -> out.append('\t');
      case 'r' -> out.append('\r');
      case 'b' -> out.append('\b');
      case 'f' -> out.append('\f');
      case 'a' -> out.append('\u0007');
      case 'v' -> out.append('\u000B');
      case '0' -> out.append('\0');
      case '\\', '\'', '"' -> out.append(c);
      case '\n' -> {}
      default -> out.append('\\').append(c);
    }
    return at + 2;
  }

  /** What {@code str.isspace} says of a character. */
  static boolean isSpace(char c) {
    return CodePoints.isWhiteSpace(c) || (c >= 0x1C && c <= 0x1F);
  }

  static String rstrip(String text) {
    return strip(text, null, false, true);
  }

  /**
   * Takes characters from the ends.
   *
   * @param set the characters to take; white space if absent
   */
  static String strip(String text, @Nullable String set, boolean left, boolean right) {
    int from = 0;
    int to = text.length();
    while (left && from < to && isIn(text.charAt(from), set)) {
      from++;
    }
    while (right && from < to && isIn(text.charAt(to - 1), set)) {
      to--;
    }
    return text.substring(from, to);
  }

  private static boolean isIn(char c, @Nullable String set) {
    return set == null ? isSpace(c) : set.indexOf(c) >= 0;
  }
}
