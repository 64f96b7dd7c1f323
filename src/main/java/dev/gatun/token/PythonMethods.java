package dev.gatun.token;

import dev.gatun.token.JinjaValue.Function;
import dev.gatun.token.JinjaValue.Tuple;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * The methods of Python's strings, dictionaries and lists that change nothing, which are those that
 * transformers' sandbox lets templates call and templates use.
 */
final class PythonMethods {
  private PythonMethods() {}

  /** A method of a value, ready to be called; null if it has none of that name. */
  static @Nullable Function find(@Nullable Object base, String name) {
    return switch (base) {
      case String text -> ofText(text, name);
      case Map<?, ?> map -> ofMap(map, name);
      case List<?> list -> ofList(list, name);
      case Tuple(List<Object> items) -> ofList(items, name);
      case null, default -> null;
    };
  }

  private static @Nullable Function ofText(String text, String name) {
    return switch (name) {
      case "strip" -> (args, _) -> PythonText.strip(text, optionalText(args, 0), true, true);
      case "lstrip" -> (args, _) -> PythonText.strip(text, optionalText(args, 0), true, false);
      case "rstrip" -> (args, _) -> PythonText.strip(text, optionalText(args, 0), false, true);
      case "split" -> (args, named) -> split(text, args, named, false);
      case "rsplit" -> (args, named) -> split(text, args, named, true);
      case "splitlines" -> (_, _) -> new ArrayList<Object>(lines(text));
      case "startswith" -> (args, _) -> anyOf(args, text::startsWith);
      case "endswith" -> (args, _) -> anyOf(args, text::endsWith);
      case "removeprefix" ->
          (args, _) ->
              text.startsWith(text(args, 0)) ? text.substring(text(args, 0).length()) : text;
      case "removesuffix" ->
          (args, _) ->
              text.endsWith(text(args, 0))
                  ? text.substring(0, text.length() - text(args, 0).length())
                  : text;
      case "upper" -> (_, _) -> text.toUpperCase(Locale.ROOT);
      case "lower" -> (_, _) -> text.toLowerCase(Locale.ROOT);
      case "title" -> (_, _) -> title(text);
      case "capitalize" -> (_, _) -> capitalize(text);
      case "replace" -> (args, _) -> replace(text, text(args, 0), text(args, 1), count(args, 2));
      case "find" -> (args, _) -> codePointIndex(text, text.indexOf(text(args, 0)));
      case "rfind" -> (args, _) -> codePointIndex(text, text.lastIndexOf(text(args, 0)));
      case "count" -> (args, _) -> occurrences(text, text(args, 0));
      case "join" -> (args, _) -> join(text, JinjaValue.items(args.isEmpty() ? null : args.get(0)));
      case "isdigit" -> (_, _) -> all(text, Character::isDigit);
      case "isalpha" -> (_, _) -> all(text, Character::isLetter);
      case "isalnum" -> (_, _) -> all(text, Character::isLetterOrDigit);
      case "isspace" -> (_, _) -> all(text, c -> c < 0x10000 && PythonText.isSpace((char) c));
      case "isupper" -> (_, _) -> isCased(text, true);
      case "islower" -> (_, _) -> isCased(text, false);
      default -> null;
    };
  }

  private static @Nullable Function ofMap(Map<?, ?> map, String name) {
    return switch (name) {
      case "items" -> (_, _) -> pairs(map);
      case "keys" -> (_, _) -> new ArrayList<Object>(map.keySet());
      case "values" -> (_, _) -> new ArrayList<Object>(map.values());
      case "get" ->
          (args, _) -> {
            Object key = required(args, 0);
            return map.containsKey(key) ? map.get(key) : args.size() > 1 ? args.get(1) : null;
          };
      default -> null;
    };
  }

  private static @Nullable Function ofList(List<?> list, String name) {
    return switch (name) {
      case "count" ->
          (args, _) ->
              list.stream().filter(item -> JinjaValue.equal(item, required(args, 0))).count();
      case "index" ->
          (args, _) -> {
            for (int i = 0; i < list.size(); i++) {
              if (JinjaValue.equal(list.get(i), required(args, 0))) {
                return (long) i;
              }
            }
            throw new JinjaException(PythonText.repr(required(args, 0)) + " is not in the list");
          };
      default -> null;
    };
  }

  static List<Object> pairs(Map<?, ?> map) {
    List<Object> pairs = new ArrayList<>();
    map.forEach((key, value) -> pairs.add(new Tuple(Arrays.asList(key, value))));
    return pairs;
  }

  static String capitalize(String text) {
    if (text.isEmpty()) {
      return text;
    }
    int first = text.offsetByCodePoints(0, 1);
    return titleCase(text.substring(0, first)) + text.substring(first).toLowerCase(Locale.ROOT);
  }

  /** Letters behind a letter in lower case, all others in title case. */
  static String title(String text) {
    StringBuilder title = new StringBuilder();
    boolean afterLetter = false;
    for (int c : text.codePoints().toArray()) {
      title.appendCodePoint(afterLetter ? Character.toLowerCase(c) : Character.toTitleCase(c));
      afterLetter = Character.isLetter(c);
    }
    return title.toString();
  }

  private static String titleCase(String first) {
    int c = first.codePointAt(0);
    int title = Character.toTitleCase(c);
    return title == c ? first.toUpperCase(Locale.ROOT) : Character.toString(title);
  }

  static String replace(String text, String old, String replacement, long limit) {
    PythonText.Bounded out = new PythonText.Bounded();
    if (old.isEmpty()) {
      throw new JinjaException("replace() of an empty text, which is not known here");
    }
    int done = 0;
    long left = limit < 0 ? Long.MAX_VALUE : limit;
    for (int at = text.indexOf(old); at >= 0 && left > 0; at = text.indexOf(old, done), left--) {
      out.append(text.substring(done, at)).append(replacement);
      done = at + old.length();
    }
    return out.append(text.substring(done)).toString();
  }

  static String join(String separator, List<Object> items) {
    PythonText.Bounded out = new PythonText.Bounded();
    String before = "";
    for (Object item : items) {
      if (!(item instanceof String text)) {
        throw new JinjaException("join() of " + JinjaValue.kind(item));
      }
      out.append(before).append(text);
      before = separator;
    }
    return out.toString();
  }

  private static List<Object> split(
      String text, List<Object> args, Map<String, Object> named, boolean fromRight) {
    Object separator = args.isEmpty() ? named.get("sep") : args.get(0);
    Object limit = args.size() > 1 ? args.get(1) : named.getOrDefault("maxsplit", -1L);
    long left = PythonNumber.toLong(limit);
    List<Object> parts = new ArrayList<>();
    if (separator == null) {
      splitAtSpace(text, left, fromRight, parts);
    } else if (separator instanceof String mark && !mark.isEmpty()) {
      splitAt(text, mark, left, fromRight, parts);
    } else {
      throw new JinjaException("split() at " + PythonText.repr(separator));
    }
    return parts;
  }

  private static void splitAt(
      String text, String mark, long limit, boolean fromRight, List<Object> parts) {
    List<Integer> places = new ArrayList<>();
    if (fromRight) {
      for (int at = text.lastIndexOf(mark);
          at >= 0 && (limit < 0 || places.size() < limit);
          at = at == 0 ? -1 : text.lastIndexOf(mark, at - mark.length())) {
        places.addFirst(at);
      }
    } else {
      for (int at = text.indexOf(mark);
          at >= 0 && (limit < 0 || places.size() < limit);
          at = text.indexOf(mark, at + mark.length())) {
        places.add(at);
      }
    }
    int done = 0;
    for (int at : places) {
      parts.add(text.substring(done, at));
      done = at + mark.length();
    }
    parts.add(text.substring(done));
  }

  private static void splitAtSpace(String text, long limit, boolean right, List<Object> parts) {
    if (right && limit >= 0) {
      throw new JinjaException("rsplit() at white space with a limit, which is not known here");
    }
    int at = 0;
    while (true) {
      while (at < text.length() && PythonText.isSpace(text.charAt(at))) {
        at++;
      }
      if (at == text.length()) {
        return;
      }
      if (limit >= 0 && parts.size() >= limit) {
        parts.add(PythonText.rstrip(text.substring(at)));
        return;
      }
      int start = at;
      while (at < text.length() && !PythonText.isSpace(text.charAt(at))) {
        at++;
      }
      parts.add(text.substring(start, at));
    }
  }

  private static List<String> lines(String text) {
    List<String> lines =
        new ArrayList<>(
            Arrays.asList(text.split("\r\n|[\n\r\u000B\f\u001C-\u001E\u0085\u2028\u2029]", -1)));
    if (lines.getLast().isEmpty()) {
      lines.removeLast();
    }
    return lines;
  }

  private static boolean anyOf(List<Object> args, java.util.function.Predicate<String> test) {
    Object wanted = required(args, 0);
    List<Object> all = wanted instanceof Tuple(List<Object> items) ? items : Arrays.asList(wanted);
    for (Object one : all) {
      if (test.test(text(Arrays.asList(one), 0))) {
        return true;
      }
    }
    return false;
  }

  private static long codePointIndex(String text, int unit) {
    return unit < 0 ? -1 : text.codePointCount(0, unit);
  }

  private static long occurrences(String text, String part) {
    if (part.isEmpty()) {
      return text.codePointCount(0, text.length()) + 1L;
    }
    long count = 0;
    for (int at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length())) {
      count++;
    }
    return count;
  }

  private static boolean all(String text, IntPredicate test) {
    return !text.isEmpty() && text.codePoints().allMatch(test);
  }

  static boolean isCased(String text, boolean upper) {
    return text.codePoints().anyMatch(upper ? Character::isUpperCase : Character::isLowerCase)
        && text.codePoints().noneMatch(upper ? Character::isLowerCase : Character::isUpperCase);
  }

  private static @Nullable Object required(List<Object> args, int index) {
    if (index >= args.size()) {
      throw new JinjaException("a method needs " + (index + 1) + " arguments");
    }
    return args.get(index);
  }

  private static String text(List<Object> args, int index) {
    if (required(args, index) instanceof String text) {
      return text;
    }
    throw new JinjaException(
        "a method of texts needs a text, but is given " + JinjaValue.kind(args.get(index)));
  }

  private static @Nullable String optionalText(List<Object> args, int index) {
    return index >= args.size() || args.get(index) == null ? null : text(args, index);
  }

  private static long count(List<Object> args, int index) {
    return index >= args.size() ? -1 : PythonNumber.toLong(args.get(index));
  }
}
