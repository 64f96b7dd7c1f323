package dev.gatun.token;

import dev.gatun.token.JinjaToken.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Cuts a template into pieces, with white space handled as Jinja does under {@code trim_blocks} and
 * {@code lstrip_blocks}, the settings of transformers: a statement or comment swallows the line
 * feed behind it and, where it begins its line, the white space before it; {@code -} swallows all
 * white space on its side and {@code +} none.
 */
final class JinjaLexer {
  private static final Pattern FLOAT =
      Pattern.compile("(?:\\d+_)*\\d+(?:\\.(?:\\d+_)*\\d+)?[eE][+-]?\\d+|\\d[\\d_]*\\.\\d[\\d_]*");

  private static final Pattern INTEGER = Pattern.compile("\\d+(?:_\\d+)*");
  private static final Pattern NAME = Pattern.compile("[\\p{L}_][\\p{L}\\p{M}\\p{N}_]*");
  private static final Pattern RAW_BEGIN = Pattern.compile("\\{%[-+]?\\s*raw\\s*(-%\\}\\s*|%\\})");
  private static final Pattern RAW_END =
      Pattern.compile("\\{%([-+]?)\\s*endraw\\s*(\\+%\\}|-%\\}\\s*|%\\}\\n?)");
  private static final List<String> OPERATORS =
      List.of(
          "//", "**", "==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "~", "<", ">", "=", "(", ")",
          "[", "]", "{", "}", ".", ",", ":", "|", ";");

  private final String source;
  private final List<JinjaToken> tokens = new ArrayList<>();
  private int at;

  /** Whether what was read last ended its line, so that a tag now would begin one. */
  private boolean lineStarts = true;

  private int line = 1;
  private int lineCountedTo;

  private JinjaLexer(String template) {
    String unix = template.replace("\r\n", "\n").replace('\r', '\n');
    source = unix.endsWith("\n") ? unix.substring(0, unix.length() - 1) : unix;
  }

  static List<JinjaToken> tokens(String template) {
    JinjaLexer lexer = new JinjaLexer(template);
    while (lexer.at < lexer.source.length()) {
      lexer.readDataAndTag();
    }
    lexer.add(Kind.END, "", lexer.at);
    return lexer.tokens;
  }

  private void readDataAndTag() {
    int tag = nextTag(at);
    if (tag < 0) {
      data(source.substring(at), at);
      at = source.length();
      return;
    }
    char kind = source.charAt(tag + 1);
    char sign = tag + 2 < source.length() ? source.charAt(tag + 2) : ' ';
    boolean signed = sign == '-' || sign == '+';
    String before = source.substring(at, tag);
    data(stripped(before, kind, sign), at);
    int start = tag;
    Matcher raw = RAW_BEGIN.matcher(source).region(tag, source.length());
    if (kind == '%' && raw.lookingAt()) {
      at = raw.end();
      raw(start);
      return;
    }
    at = tag + (signed ? 3 : 2);
    switch (kind) {
      case '#' -> comment(start);
      case '%' -> tag(Kind.STATEMENT_BEGIN, Kind.STATEMENT_END, "%}", start);
      default -> tag(Kind.EXPRESSION_BEGIN, Kind.EXPRESSION_END, "}}", start);
    }
  }

  private int nextTag(int from) {
    for (int i = source.indexOf('{', from); i >= 0; i = source.indexOf('{', i + 1)) {
      if (i + 1 < source.length() && "{%#".indexOf(source.charAt(i + 1)) >= 0) {
        return i;
      }
    }
    return -1;
  }

  /** The text before a tag, without the white space that the tag swallows. */
  private String stripped(String text, char kind, char sign) {
    if (sign == '-') {
      return PythonText.rstrip(text);
    }
    if (sign == '+' || kind == '{') {
      return text;
    }
    int lineStart = text.lastIndexOf('\n') + 1;
    boolean beginsLine = lineStart > 0 || lineStarts;
    return beginsLine && PythonText.rstrip(text.substring(lineStart)).isEmpty()
        ? text.substring(0, lineStart)
        : text;
  }

  private void data(String text, int from) {
    if (!text.isEmpty()) {
      add(Kind.DATA, text, from);
    }
  }

  private void raw(int start) {
    Matcher end = RAW_END.matcher(source);
    if (!end.find(at)) {
      throw new JinjaException(lineAt(start), "\"{% raw %}\" has no \"{% endraw %}\"");
    }
    lineStarts = false;
    char sign = end.group(1).isEmpty() ? ' ' : end.group(1).charAt(0);
    data(stripped(source.substring(at, end.start()), '%', sign), at);
    at = end.end();
    lineStarts = source.charAt(at - 1) == '\n';
  }

  private void comment(int start) {
    int end = source.indexOf("#}", at);
    if (end < 0) {
      throw new JinjaException(lineAt(start), "a comment \"{#\" has no \"#}\"");
    }
    char sign = end > at ? source.charAt(end - 1) : ' ';
    at = end + 2;
    swallowAfter(sign, true);
  }

  /** Reads up to the end of a tag; an end inside of brackets or strings is none. */
  private void tag(Kind begin, Kind end, String mark, int start) {
    add(begin, source.substring(start, start + 2), start);
    int depth = 0;
    while (true) {
      skipSpace();
      if (at >= source.length()) {
        throw new JinjaException(lineAt(start), "a tag has no \"" + mark + "\"");
      }
      if (depth == 0 && endsTag(end, mark)) {
        return;
      }
      depth += token();
    }
  }

  private boolean endsTag(Kind end, String mark) {
    char sign = source.charAt(at);
    boolean signed = sign == '-' || (sign == '+' && end == Kind.STATEMENT_END);
    if (!source.startsWith(mark, signed ? at + 1 : at)) {
      return false;
    }
    add(end, mark, at);
    at += signed ? 3 : 2;
    swallowAfter(signed ? sign : ' ', end == Kind.STATEMENT_END);
    return true;
  }

  /** What the end of a tag swallows behind it. */
  private void swallowAfter(char sign, boolean trimLine) {
    if (sign == '-') {
      skipSpace();
    } else if (trimLine && sign != '+' && source.startsWith("\n", at)) {
      at++;
    }
    lineStarts = at > 0 && source.charAt(at - 1) == '\n';
  }

  /** Reads one token of a tag; returns by how much it opens or closes brackets. */
  private int token() {
    char c = source.charAt(at);
    if (c == '"' || c == '\'') {
      string(c);
      return 0;
    }
    if (matched(FLOAT, Kind.FLOAT) || matched(INTEGER, Kind.INTEGER) || matched(NAME, Kind.NAME)) {
      return 0;
    }
    for (String operator : OPERATORS) {
      if (source.startsWith(operator, at)) {
        add(Kind.OPERATOR, operator, at);
        at += operator.length();
        return "([{".contains(operator) ? 1 : ")]}".contains(operator) ? -1 : 0;
      }
    }
    throw new JinjaException(
        lineAt(at),
        "the character \"" + Character.toString(source.codePointAt(at)) + "\" in a tag");
  }

  private boolean matched(Pattern pattern, Kind kind) {
    Matcher matcher = pattern.matcher(source).region(at, source.length());
    if (!matcher.lookingAt()) {
      return false;
    }
    add(kind, matcher.group(), at);
    at = matcher.end();
    return true;
  }

  private void string(char quote) {
    int start = at++;
    StringBuilder text = new StringBuilder();
    while (at < source.length() && source.charAt(at) != quote) {
      if (source.charAt(at) == '\\' && at + 1 < source.length()) {
        at = PythonText.unescape(source, at, text);
      } else {
        text.append(source.charAt(at++));
      }
    }
    if (at >= source.length()) {
      throw new JinjaException(lineAt(start), "a string has no end");
    }
    at++;
    add(Kind.STRING, text.toString(), start);
  }

  private void skipSpace() {
    while (at < source.length() && PythonText.isSpace(source.charAt(at))) {
      at++;
    }
  }

  private void add(Kind kind, String text, int from) {
    tokens.add(new JinjaToken(kind, text, lineAt(from)));
  }

  /** The line of a place that is not before the last one asked for. */
  private int lineAt(int index) {
    if (index < lineCountedTo) {
      line = 1;
      lineCountedTo = 0;
    }
    for (; lineCountedTo < index; lineCountedTo++) {
      if (source.charAt(lineCountedTo) == '\n') {
        line++;
      }
    }
    return line;
  }
}
