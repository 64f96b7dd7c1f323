package dev.gatun.token;

import dev.gatun.token.JinjaValue.Namespace;
import java.time.Clock;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The functions that every template can call: Jinja's, and those that transformers adds. */
final class JinjaGlobals {
  private static final int MAX_RANGE = 100_000;

  private JinjaGlobals() {}

  /**
   * A scope with the functions.
   *
   * @param clock what {@code strftime_now} reads
   */
  static JinjaScope scope(Clock clock) {
    JinjaScope scope = new JinjaScope(null);
    define(scope, "range", (arguments, _) -> range(arguments));
    define(
        scope,
        "namespace",
        (_, named) -> {
          Namespace namespace = new Namespace();
          namespace.attributes().putAll(named);
          return namespace;
        });
    define(scope, "dict", (_, named) -> new LinkedHashMap<Object, Object>(named));
    define(
        scope,
        "raise_exception",
        (arguments, _) -> {
          Object message = arguments.isEmpty() ? "" : arguments.getFirst();
          throw new JinjaException("the template refuses it: " + PythonText.str(message));
        });
    define(
        scope,
        "strftime_now",
        (arguments, _) -> strftime(PythonText.str(arguments.getFirst()), ZonedDateTime.now(clock)));
    return scope;
  }

  private static void define(JinjaScope scope, String name, JinjaValue.Function function) {
    scope.set(
        name,
        new JinjaValue.Function() {
          @Override
          public @Nullable Object call(List<Object> arguments, Map<String, Object> named) {
            return function.call(arguments, named);
          }

          @Override
          public String toString() {
            return "<function " + name + ">";
          }
        });
  }

  private static List<Object> range(List<Object> arguments) {
    if (arguments.isEmpty()) {
      throw new JinjaException("range() needs an end");
    }
    boolean fromZero = arguments.size() == 1;
    long from = fromZero ? 0 : PythonNumber.toLong(arguments.get(0));
    long to = PythonNumber.toLong(arguments.get(fromZero ? 0 : 1));
    long step = arguments.size() > 2 ? PythonNumber.toLong(arguments.get(2)) : 1;
    if (step == 0 || Math.abs((double) to - from) / Math.abs((double) step) > MAX_RANGE) {
      throw new JinjaException("range() of more than " + MAX_RANGE + " numbers");
    }
    List<Object> numbers = new ArrayList<>();
    for (long i = from; step > 0 ? i < to : i > to; i = Math.addExact(i, step)) {
      numbers.add(i);
    }
    return numbers;
  }

  private static String strftime(String format, ZonedDateTime time) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < format.length(); i++) {
      char c = format.charAt(i);
      if (c != '%' || i + 1 == format.length()) {
        text.append(c);
        continue;
      }
      char directive = format.charAt(++i);
      boolean bare = directive == '-' && i + 1 < format.length();
      if (bare) {
        directive = format.charAt(++i);
      }
      String part = directive(directive, time);
      text.append(bare ? part.replaceFirst("^0+(?=.)", "") : part);
    }
    return text.toString();
  }

  private static String directive(char directive, ZonedDateTime time) {
    String pattern =
        switch (directive) {
          case 'Y' -> "yyyy";
          case 'y' -> "yy";
          case 'm' -> "MM";
          case 'd' -> "dd";
          case 'H' -> "HH";
          case 'I' -> "hh";
          case 'M' -> "mm";
          case 'S' -> "ss";
          case 'f' -> "SSSSSS";
          case 'p' -> "a";
          case 'A' -> "EEEE";
          case 'a' -> "EEE";
          case 'B' -> "MMMM";
          case 'b' -> "MMM";
          case 'j' -> "DDD";
          case 'F' -> "yyyy-MM-dd";
          case 'T' -> "HH:mm:ss";
          case '%' -> "'%'";
          default ->
              throw new JinjaException(
                  "strftime_now: the directive \"%" + directive + "\", which is not known here");
        };
    return DateTimeFormatter.ofPattern(pattern, Locale.ENGLISH).format(time);
  }
}
