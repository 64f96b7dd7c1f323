package dev.gatun.token;

import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

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
 *   \b \B                look-arounds        the JDK's words are ASCII, with marks of any kind
 * </pre>
 *
 * <p>Where case is ignored, Oniguruma folds some pairs of letters into one character (ss into ß, st
 * into ﬆ), and the JDK takes the Turkish i for an i; what depends on either is refused.
 */
final class Oniguruma {
  private static final int MAX_NESTING = 100;
  private static final Pattern INTERVAL = Pattern.compile("\\{([0-9]*)(,([0-9]*))?\\}");
  private static final Pattern HEXADECIMAL =
      Pattern.compile("\\\\(?:x\\{([0-9A-Fa-f]{1,6})\\}|x([0-7][0-9A-Fa-f])|u([0-9A-Fa-f]{4}))");

  /**
   * Never matches, but has a character of two UTF-16 units: only then does a look-behind of the JDK
   * step back by code points.
   */
  private static final String BEYOND_BMP = "|(?!)\uD800\uDC00";

  private static final Set<String> FOLDED_PAIRS = Set.of("ss", "st", "ff", "fi", "fl");

  private final String source;
  private final StringBuilder out = new StringBuilder();
  private int at;
  private boolean ignoreCase;
  private boolean lookingBehind;

  /** Where in the output the atom begins that a quantifier would repeat; -1 where none stands. */
  private int atom = -1;

  /** The letter that stands right before this place, for pairs; or a space. */
  private char letterBefore = ' ';

  private Oniguruma(String source) {
    this.source = source;
  }

  /** The expression for the JDK, or an error that shows the part that cannot be honoured. */
  static Pattern compile(String source) {
    Oniguruma reader = new Oniguruma(source);
    reader.globalOption();
    reader.sequence(0);
    if (reader.at < source.length()) {
      throw reader.refusal("an unmatched \")\"", reader.at);
    }
    if (reader.out.indexOf("(?<") >= 0) {
      reader.out.append(BEYOND_BMP);
    }
    try {
      return Pattern.compile(reader.out.toString(), Pattern.UNIX_LINES | Pattern.MULTILINE);
    } catch (PatternSyntaxException e) {
      throw new IllegalArgumentException(
          "the regular expression \"" + source + "\" is malformed: " + e.getDescription(), e);
    }
  }

  /** An option for the whole expression; further inside, the two syntaxes disagree on its reach. */
  private void globalOption() {
    if (source.startsWith("(?i)")) {
      out.append("(?iu)");
      ignoreCase = true;
      at = 4;
    } else if (source.startsWith("(?m)")) {
      out.append("(?s)");
      at = 4;
    }
  }

  private void sequence(int depth) {
    if (depth > MAX_NESTING) {
      throw refusal("groups nested more than " + MAX_NESTING + " deep", at);
    }
    atom = -1;
    while (at < source.length() && source.charAt(at) != ')') {
      element(depth);
    }
  }

  private void element(int depth) {
    int start = out.length();
    char previous = letterBefore;
    letterBefore = ' ';
    char c = source.charAt(at);
    switch (c) {
      case '(' -> group(depth);
      case '[' -> characterClass(depth);
      case '\\' -> escape(false);
      case '*', '+', '?' -> {
        quantifier();
        return;
      }
      case '{' -> {
        if (interval()) {
          return;
        }
      }
      case '|' -> {
        out.append(c);
        at++;
        atom = -1;
        return;
      }
      default -> literal(previous);
    }
    atom = start;
  }

  /** One character that is itself, or one of {@code . ^ $}, which mean the same in both. */
  private void literal(char previous) {
    int codePoint = source.codePointAt(at);
    if (ignoreCase) {
      requirePlainCase(codePoint, previous);
    }
    if (ignoreCase && (codePoint == 'i' || codePoint == 'I')) {
      out.append("(?-i:[iI])");
    } else {
      out.append(codePoint == '}' || codePoint == ']' ? "\\" : "").appendCodePoint(codePoint);
    }
    at += Character.charCount(codePoint);
  }

  /** Refuses what the two fold differently: pairs of letters, and cased letters beyond ASCII. */
  private void requirePlainCase(int codePoint, char previous) {
    if (codePoint >= 0x80) {
      if (Character.isLetter(codePoint) && Character.getType(codePoint) != Character.OTHER_LETTER) {
        throw refusal("a letter beyond ASCII where case is ignored", at);
      }
      return;
    }
    char letter = (char) Character.toLowerCase(codePoint);
    if (FOLDED_PAIRS.contains("" + previous + letter)) {
      throw refusal("\"" + previous + letter + "\" where case is ignored", at);
    }
    letterBefore = letter;
  }

  private void group(int depth) {
    int open = at;
    boolean outer = ignoreCase;
    boolean outerBehind = lookingBehind;
    out.append(groupHead());
    sequence(depth + 1);
    if (at >= source.length()) {
      throw refusal("a group that is never closed", open);
    }
    out.append(')');
    at++;
    ignoreCase = outer;
    lookingBehind = outerBehind;
  }

  /** Reads {@code "(?:"} and the like and gives the JDK's spelling. */
  private String groupHead() {
    for (String same : new String[] {"(?:", "(?=", "(?!", "(?<=", "(?<!", "(?>"}) {
      if (source.startsWith(same, at)) {
        at += same.length();
        lookingBehind |= same.startsWith("(?<");
        return same;
      }
    }
    if (source.startsWith("(?i:", at)) {
      at += 4;
      ignoreCase = true;
      return "(?iu:";
    }
    if (source.startsWith("(?m:", at)) {
      at += 4;
      return "(?s:";
    }
    if (source.startsWith("(?", at)) {
      throw refusal("the group \"" + excerpt(at, 4) + "\"", at);
    }
    at++;
    return "(?:";
  }

  private void quantifier() {
    requireAtom();
    if (lookingBehind && source.charAt(at) != '?') {
      throw unbounded();
    }
    out.append(source.charAt(at++));
    if (at < source.length() && (source.charAt(at) == '?' || source.charAt(at) == '+')) {
      if (source.charAt(at) == '+' && lookingBehind) {
        throw refusal("a possessive quantifier in a look-behind", at - 1);
      }
      out.append(source.charAt(at++));
    }
  }

  /** Reads {@code {2,3}}; where the brace begins no interval, it stands for itself. */
  private boolean interval() {
    Matcher interval = INTERVAL.matcher(source).region(at, source.length());
    if (!interval.lookingAt() || (interval.group(1).isEmpty() && blank(interval.group(3)))) {
      out.append("\\{");
      at++;
      return false;
    }
    requireAtom();
    boolean fixed = interval.group(2) == null;
    if (lookingBehind && !fixed && blank(interval.group(3))) {
      throw unbounded();
    }
    out.append('{').append(interval.group(1).isEmpty() ? "0" : interval.group(1));
    out.append(fixed ? "" : "," + interval.group(3)).append('}');
    at = interval.end();
    char next = at < source.length() ? source.charAt(at) : ' ';
    if (next == '+' || (next == '?' && fixed)) {
      out.insert(atom, "(?:").append(')').append(next);
      at++;
    } else if (next == '?') {
      out.append(next);
      at++;
    }
    return true;
  }

  /** The JDK takes some of these in a look-behind, and not all of them as they are meant. */
  private IllegalArgumentException unbounded() {
    return refusal("a repetition without end in a look-behind", at);
  }

  private static boolean blank(@Nullable String text) {
    return text == null || text.isEmpty();
  }

  private void requireAtom() {
    if (atom < 0) {
      throw refusal("a quantifier with nothing to repeat", at);
    }
  }

  private void characterClass(int depth) {
    int open = at;
    if (depth > MAX_NESTING) {
      throw refusal("classes nested more than " + MAX_NESTING + " deep", at);
    }
    out.append('[');
    at++;
    if (at < source.length() && source.charAt(at) == '^') {
      out.append('^');
      at++;
    }
    if (at < source.length() && source.charAt(at) == ']') {
      throw refusal("a class that begins with \"]\"", open);
    }
    while (at < source.length() && source.charAt(at) != ']') {
      classElement(depth);
    }
    if (at >= source.length()) {
      throw refusal("a class that is never closed", open);
    }
    out.append(']');
    at++;
  }

  private void classElement(int depth) {
    if (source.startsWith("&&", at)) {
      throw refusal("an intersection of classes", at);
    }
    if (source.startsWith("[:", at)) {
      bracket();
      return;
    }
    switch (source.charAt(at)) {
      case '[' -> characterClass(depth + 1);
      case '\\' -> escape(true);
      default -> member();
    }
  }

  private void member() {
    int codePoint = source.codePointAt(at);
    if (ignoreCase) {
      boolean range = codePoint == '-' && source.charAt(at - 1) != '[';
      if (codePoint == 'i' || codePoint == 'I' || codePoint >= 0x80 || range) {
        throw refusal("an i, a range or a character beyond ASCII in a class without case", at);
      }
    }
    out.appendCodePoint(codePoint);
    at += Character.charCount(codePoint);
  }

  private void bracket() {
    int start = at;
    int end = source.indexOf(":]", at);
    if (end < 0) {
      throw refusal("\"[:\" without \":]\"", start);
    }
    boolean negated = source.startsWith("[:^", at);
    String name = source.substring(at + (negated ? 3 : 2), end);
    named(OnigurumaClass.bracket(name), name, start, negated, true);
    at = end + 2;
  }

  private void escape(boolean inClass) {
    int start = at;
    if (at + 1 >= source.length()) {
      throw refusal("a \"\\\" at the end", at);
    }
    char c = source.charAt(at + 1);
    at += 2;
    switch (c) {
      case 's', 'd', 'w', 'h' -> set(OnigurumaClass.shorthand(c, inClass), false, inClass);
      case 'S', 'D', 'W', 'H' ->
          set(OnigurumaClass.shorthand(Character.toLowerCase(c), inClass), true, inClass);
      case 'n', 't', 'r', 'f', 'a', 'e' -> out.append('\\').append(c);
      case 'v' -> out.append("\\x0B");
      case 'p', 'P' -> property(start, c == 'P', inClass);
      case 'x', 'u' -> hexadecimal(start, c);
      case 'A', 'z', 'Z', 'R', 'b', 'B' -> {
        if (inClass) {
          throw refusal("\"\\" + c + "\" in a class", start);
        }
        out.append(c == 'b' || c == 'B' ? wordBoundary(c == 'B') : "\\" + c);
      }
      default -> {
        if (c >= 0x80 || Character.isLetterOrDigit(c)) {
          throw refusal("\"\\" + c + "\"", start);
        }
        out.append('\\').append(c);
      }
    }
  }

  /** Where a word's character stands on one side only or, negated, on both sides or on neither. */
  private static String wordBoundary(boolean negated) {
    String word = "[" + OnigurumaClass.shorthand('w', false) + "]";
    String one = negated ? "(?=%1$s)|(?<!%1$s)(?!%1$s)" : "(?!%1$s)|(?<!%1$s)(?=%1$s)";
    return ("(?:(?<=%1$s)" + one + ")").formatted(word);
  }

  private void property(int start, boolean upper, boolean inClass) {
    int end = source.indexOf('}', at);
    if (at >= source.length() || source.charAt(at) != '{' || end < 0) {
      throw refusal("a \"\\p\" without a name in braces", start);
    }
    boolean caret = source.charAt(at + 1) == '^';
    String name = source.substring(at + (caret ? 2 : 1), end);
    named(OnigurumaClass.property(name), name, start, upper != caret, inClass);
    at = end + 1;
  }

  private void named(
      Optional<String> members, String name, int start, boolean negated, boolean inClass) {
    if (members.isEmpty()) {
      throw refusal("the class \"" + name + "\"", start);
    }
    if (ignoreCase && OnigurumaClass.isOfOneCase(name)) {
      throw refusal("the class \"" + name + "\" where case is ignored", start);
    }
    set(members.get(), negated, inClass);
  }

  /** Adds a class; inside another, members are listed directly where they can be. */
  private void set(String members, boolean negated, boolean inClass) {
    if (inClass && !negated) {
      out.append(members);
    } else {
      out.append(negated ? "[^" : "[").append(members).append(']');
    }
  }

  private void hexadecimal(int start, char kind) {
    Matcher code = HEXADECIMAL.matcher(source).region(start, source.length());
    if (!code.lookingAt()) {
      throw refusal("\"\\" + kind + "\" without a code point", start);
    }
    if (ignoreCase) {
      throw refusal("a code point by number where case is ignored", start);
    }
    String digits = code.group(1) != null ? code.group(1) : code.group(2);
    digits = digits != null ? digits : code.group(3);
    out.append("\\x{").append(digits).append('}');
    at = code.end();
  }

  private String excerpt(int from, int length) {
    return source.substring(from, Math.min(source.length(), from + length));
  }

  private IllegalArgumentException refusal(String what, int index) {
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
