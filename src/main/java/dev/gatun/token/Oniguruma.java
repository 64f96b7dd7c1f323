package dev.gatun.token;

import java.lang.Character.UnicodeScript;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Reads regular expressions written for Oniguruma 6.9 (Ruby syntax, UTF-8), which the reference
 * library uses, as the JDK's. The two differ in what the same letters mean, so each construct is
 * either written as one that matches the same, or refused by name; none is passed on unseen.
 *
 * <pre>
 *   Oniguruma            here                     why
 *   \s \d \w             Unicode classes          the JDK's are ASCII unless told otherwise
 *   \h                   [0-9A-Fa-f]              the JDK's is horizontal space
 *   \v                   U+000B                   the JDK's is vertical space
 *   .  ^  $              only \n ends a line; ^ and $ match at every line
 *   (?i:x)               (?iu:x)                  case folding is Unicode's
 *   (?m:x)               (?s:x)                   "." matches \n too
 *   x{2,3}+  x{2}?       (?:x{2,3})+  (?:x{2})?   neither possessive nor reluctant there
 *   x{,3}                x{0,3}
 *   \p{Han} [[:alpha:]]  \p{IsHan} [\p{IsAlphabetic}]
 * </pre>
 */
final class Oniguruma {
  private static final String WORD = "\\p{IsAlphabetic}\\p{M}\\p{Nd}\\p{Pc}";
  private static final int MAX_NESTING = 100;
  private static final Pattern INTERVAL = Pattern.compile("\\{([0-9]*)(,([0-9]*))?\\}");
  private static final Pattern GENERAL_CATEGORY =
      Pattern.compile("L[ulmot]?|M[nce]?|N[dlo]?|P[cdseifo]?|S[mcko]?|Z[slp]?|C[cfso]?");
  private static final Pattern HEXADECIMAL =
      Pattern.compile("\\\\(?:x\\{([0-9A-Fa-f]{1,6})\\}|x([0-7][0-9A-Fa-f])|u([0-9A-Fa-f]{4}))");
  private static final Map<String, String> CLASSES =
      Map.ofEntries(
          Map.entry("alnum", "\\p{IsAlphabetic}\\p{Nd}"),
          Map.entry("alpha", "\\p{IsAlphabetic}"),
          Map.entry("alphabetic", "\\p{IsAlphabetic}"),
          Map.entry("any", "\\x{0}-\\x{10FFFF}"),
          Map.entry("ascii", "\\x{0}-\\x{7F}"),
          Map.entry("blank", "\\p{Zs}\\t"),
          Map.entry("cntrl", "\\p{Cc}"),
          Map.entry("digit", "\\p{Nd}"),
          Map.entry("ideographic", "\\p{IsIdeographic}"),
          Map.entry("letter", "\\p{L}"),
          Map.entry("lower", "\\p{IsLowercase}"),
          Map.entry("lowercase", "\\p{IsLowercase}"),
          Map.entry("mark", "\\p{M}"),
          Map.entry("number", "\\p{N}"),
          Map.entry("punct", "\\p{P}$+<=>^`|~"),
          Map.entry("punctuation", "\\p{P}"),
          Map.entry("separator", "\\p{Z}"),
          Map.entry("space", "\\p{IsWhite_Space}"),
          Map.entry("symbol", "\\p{S}"),
          Map.entry("upper", "\\p{IsUppercase}"),
          Map.entry("uppercase", "\\p{IsUppercase}"),
          Map.entry("whitespace", "\\p{IsWhite_Space}"),
          Map.entry("word", WORD),
          Map.entry("xdigit", "0-9A-Fa-f"));

  private final String source;
  private final StringBuilder out = new StringBuilder();
  private int at;

  /** Where in the output the atom begins that a quantifier would repeat; -1 where none stands. */
  private int atom = -1;

  private Oniguruma(String source) {
    this.source = source;
  }

  /** The expression for the JDK, or an error that shows the part that cannot be honoured. */
  static Pattern compile(String source) {
    Oniguruma reader = new Oniguruma(source);
    reader.sequence(0);
    if (reader.at < source.length()) {
      throw reader.unknown("an unmatched \")\"", reader.at);
    }
    try {
      return Pattern.compile(reader.out.toString(), Pattern.UNIX_LINES | Pattern.MULTILINE);
    } catch (PatternSyntaxException e) {
      throw new IllegalArgumentException(
          "the regular expression \"" + source + "\" is malformed: " + e.getDescription(), e);
    }
  }

  private void sequence(int depth) {
    if (depth > MAX_NESTING) {
      throw unknown("groups nested more than " + MAX_NESTING + " deep", at);
    }
    atom = -1;
    while (at < source.length() && source.charAt(at) != ')') {
      element(depth);
    }
  }

  private void element(int depth) {
    char c = source.charAt(at);
    switch (c) {
      case '(' -> group(depth);
      case '[' -> {
        int start = out.length();
        characterClass(depth);
        atom = start;
      }
      case '\\' -> {
        int start = out.length();
        escape(false);
        atom = start;
      }
      case '*', '+', '?' -> quantifier();
      case '{' -> interval();
      case '|' -> {
        out.append(c);
        at++;
        atom = -1;
      }
      default -> {
        atom = out.length();
        literal();
      }
    }
  }

  /** One character that is itself, or one of {@code . ^ $}, which mean the same in both. */
  private void literal() {
    int codePoint = source.codePointAt(at);
    if (codePoint == '}' || codePoint == ']') {
      out.append('\\');
    }
    out.appendCodePoint(codePoint);
    at += Character.charCount(codePoint);
  }

  private void group(int depth) {
    int start = out.length();
    int open = at;
    String head = groupHead();
    out.append(head);
    sequence(depth + 1);
    if (head.endsWith(")")) {
      return;
    }
    if (at >= source.length()) {
      throw unknown("a group that is never closed", open);
    }
    out.append(')');
    at++;
    atom = start;
  }

  /** Reads {@code "(?:"} and the like and gives the JDK's spelling. */
  private String groupHead() {
    for (String same : new String[] {"(?:", "(?=", "(?!", "(?<=", "(?<!", "(?>"}) {
      if (source.startsWith(same, at)) {
        at += same.length();
        return same;
      }
    }
    for (String[] option : new String[][] {{"(?i:", "(?iu:"}, {"(?m:", "(?s:"}}) {
      if (source.startsWith(option[0], at)) {
        at += option[0].length();
        return option[1];
      }
    }
    if (at == 0 && source.startsWith("(?i)")) {
      at += 4;
      return "(?iu)";
    }
    if (at == 0 && source.startsWith("(?m)")) {
      at += 4;
      return "(?s)";
    }
    if (source.startsWith("(?", at)) {
      throw unknown("the group \"" + excerpt(at, 4) + "\"", at);
    }
    at++;
    return "(?:";
  }

  private void quantifier() {
    if (atom < 0) {
      throw unknown("a quantifier with nothing to repeat", at);
    }
    out.append(source.charAt(at++));
    if (at < source.length() && (source.charAt(at) == '?' || source.charAt(at) == '+')) {
      out.append(source.charAt(at++));
    }
  }

  private void interval() {
    Matcher interval = INTERVAL.matcher(source).region(at, source.length());
    if (!interval.lookingAt() || (interval.group(1).isEmpty() && interval.group(3) == null)) {
      atom = out.length();
      out.append("\\{");
      at++;
      return;
    }
    if (atom < 0) {
      throw unknown("a quantifier with nothing to repeat", at);
    }
    boolean fixed = interval.group(2) == null;
    String low = interval.group(1).isEmpty() ? "0" : interval.group(1);
    String high = fixed ? "" : "," + interval.group(3);
    out.append('{').append(low).append(high).append('}');
    at = interval.end();
    char next = at < source.length() ? source.charAt(at) : ' ';
    if (next == '+' || (next == '?' && fixed)) {
      out.insert(atom, "(?:").append(')').append(next);
      at++;
    } else if (next == '?') {
      out.append(next);
      at++;
    }
  }

  private void characterClass(int depth) {
    int open = at;
    if (depth > MAX_NESTING) {
      throw unknown("classes nested more than " + MAX_NESTING + " deep", at);
    }
    out.append('[');
    at++;
    if (at < source.length() && source.charAt(at) == '^') {
      out.append('^');
      at++;
    }
    if (at < source.length() && source.charAt(at) == ']') {
      throw unknown("a class that begins with \"]\"", open);
    }
    while (at < source.length() && source.charAt(at) != ']') {
      classElement(depth);
    }
    if (at >= source.length()) {
      throw unknown("a class that is never closed", open);
    }
    out.append(']');
    at++;
  }

  private void classElement(int depth) {
    char c = source.charAt(at);
    if (source.startsWith("&&", at)) {
      throw unknown("an intersection of classes", at);
    }
    if (source.startsWith("[:", at)) {
      int end = source.indexOf(":]", at);
      if (end < 0) {
        throw unknown("\"[:\" without \":]\"", at);
      }
      boolean negated = source.charAt(at + 2) == '^';
      set(named(source.substring(at + (negated ? 3 : 2), end)), negated, true);
      at = end + 2;
    } else if (c == '[') {
      characterClass(depth + 1);
    } else if (c == '\\') {
      escape(true);
    } else {
      int codePoint = source.codePointAt(at);
      out.appendCodePoint(codePoint);
      at += Character.charCount(codePoint);
    }
  }

  private void escape(boolean inClass) {
    int start = at;
    if (at + 1 >= source.length()) {
      throw unknown("a \"\\\" at the end", at);
    }
    char c = source.charAt(at + 1);
    at += 2;
    switch (c) {
      case 's', 'd', 'w', 'h' -> set(shorthand(c), false, inClass);
      case 'S', 'D', 'W', 'H' -> set(shorthand(Character.toLowerCase(c)), true, inClass);
      case 'n', 't', 'r', 'f', 'a', 'e' -> out.append('\\').append(c);
      case 'v' -> out.append("\\x0B");
      case 'p', 'P' -> property(start, c == 'P', inClass);
      case 'x', 'u' -> hexadecimal(start, c);
      case 'A', 'z', 'Z', 'R' -> {
        if (inClass) {
          throw unknown("\"\\" + c + "\" in a class", start);
        }
        out.append('\\').append(c);
      }
      default -> {
        if (c < 0x80 && Character.isLetterOrDigit(c)) {
          throw unknown("\"\\" + c + "\"", start);
        }
        int codePoint = source.codePointAt(at - 1);
        at = start + 1 + Character.charCount(codePoint);
        out.append('\\').appendCodePoint(codePoint);
      }
    }
  }

  private static String shorthand(char letter) {
    return switch (letter) {
      case 's' -> "\\p{IsWhite_Space}";
      case 'd' -> "\\p{Nd}";
      case 'w' -> WORD;
      default -> "0-9A-Fa-f";
    };
  }

  /** Adds a class; inside another, members are listed directly where they can be. */
  private void set(String members, boolean negated, boolean inClass) {
    if (inClass && !negated) {
      out.append(members);
    } else {
      out.append(negated ? "[^" : "[").append(members).append(']');
    }
  }

  private void property(int start, boolean upper, boolean inClass) {
    int end = source.indexOf('}', at);
    if (at >= source.length() || source.charAt(at) != '{' || end < 0) {
      throw unknown("a \"\\p\" without a name in braces", start);
    }
    boolean caret = source.charAt(at + 1) == '^';
    set(named(source.substring(at + (caret ? 2 : 1), end)), upper != caret, inClass);
    at = end + 1;
  }

  /** The members of a general category, POSIX bracket or script, named as both formats do. */
  private String named(String name) {
    String members = CLASSES.get(name.toLowerCase(Locale.ROOT).replaceAll("[ _-]", ""));
    if (members != null) {
      return members;
    }
    return GENERAL_CATEGORY.matcher(name).matches()
        ? "\\p{" + name + "}"
        : "\\p{Is" + script(name) + "}";
  }

  private String script(String name) {
    try {
      return UnicodeScript.forName(name).name();
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "the regular expression \"" + source + "\" names the unknown property " + name, e);
    }
  }

  private void hexadecimal(int start, char kind) {
    Matcher code = HEXADECIMAL.matcher(source).region(start, source.length());
    if (!code.lookingAt()) {
      throw unknown("\"\\" + kind + "\" without a code point", start);
    }
    String digits = code.group(1) != null ? code.group(1) : code.group(2);
    digits = digits != null ? digits : code.group(3);
    out.append("\\x{").append(digits).append('}');
    at = code.end();
  }

  private String excerpt(int from, int length) {
    return source.substring(from, Math.min(source.length(), from + length));
  }

  private IllegalArgumentException unknown(String what, int index) {
    return new IllegalArgumentException(
        "the regular expression \""
            + source
            + "\" has at index "
            + index
            + " "
            + what
            + ", which is not known here");
  }
}
