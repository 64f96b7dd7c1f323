package dev.gatun.ptx;

import dev.gatun.core.DataException;
import java.util.ArrayList;
import java.util.List;

/** Cuts PTX text into tokens; comments vanish. */
final class Lexer {
  private final String file;
  private final String text;
  private final List<Token> tokens = new ArrayList<>();
  private int at;
  private int line = 1;

  private Lexer(String file, String text) {
    this.file = file;
    this.text = text;
  }

  /** All tokens, the last one of kind END. */
  static List<Token> tokens(String file, String text) {
    Lexer lexer = new Lexer(file, text);
    while (lexer.skipBlanks()) {
      lexer.next();
    }
    lexer.add(Token.Kind.END, "end of file");
    return lexer.tokens;
  }

  private void next() {
    char c = text.charAt(at);
    if (startsWord(c)) {
      word();
    } else if (isDigit(c)) {
      number();
    } else if (c == '"') {
      string();
    } else if ("<>".indexOf(c) >= 0 && peek(1) == c) {
      add(Token.Kind.PUNCTUATION, text.substring(at, at + 2));
      at += 2;
    } else if ("{}[]()<>,;:@!|+-*/%&^~=".indexOf(c) >= 0) {
      add(Token.Kind.PUNCTUATION, String.valueOf(c));
      at++;
    } else {
      throw refuse("\"" + c + "\"", "no PTX token begins so");
    }
  }

  /** A word may start with a dot (directives) or {@code %} (registers), and may hold {@code ::}. */
  private boolean startsWord(char c) {
    return isLetter(c) || ((c == '.' || c == '%') && isLetter(peek(1)));
  }

  private void word() {
    int start = at++;
    while (at < text.length()) {
      char c = text.charAt(at);
      if (isLetter(c) || isDigit(c) || c == '.') {
        at++;
      } else if (c == ':' && peek(1) == ':') {
        at += 2;
      } else {
        break;
      }
    }
    add(Token.Kind.WORD, text.substring(start, at));
  }

  private void number() {
    int start = at;
    boolean decimal = true;
    if (text.charAt(at) == '0' && "xXbBfFdD".indexOf(peek(1)) >= 0) {
      at += 2;
      decimal = false;
    }
    while (at < text.length()) {
      char c = text.charAt(at);
      boolean exponentSign =
          decimal && (c == '+' || c == '-') && "eE".indexOf(text.charAt(at - 1)) >= 0;
      if (isDigit(c) || isLetter(c) || c == '.' || exponentSign) {
        at++;
      } else {
        break;
      }
    }
    add(Token.Kind.NUMBER, text.substring(start, at));
  }

  private void string() {
    int end = at + 1;
    while (end < text.length() && text.charAt(end) != '"' && text.charAt(end) != '\n') {
      end += text.charAt(end) == '\\' ? 2 : 1;
    }
    if (end >= text.length() || text.charAt(end) != '"') {
      throw refuse("string", "it has no end on its line");
    }
    add(Token.Kind.STRING, text.substring(at + 1, end));
    at = end + 1;
  }

  /** Skips white space and comments; false at the end of the text. */
  private boolean skipBlanks() {
    while (at < text.length()) {
      char c = text.charAt(at);
      if (c == '\n') {
        line++;
        at++;
      } else if (c <= ' ') {
        at++;
      } else if (c == '/' && peek(1) == '/') {
        int end = text.indexOf('\n', at);
        at = end < 0 ? text.length() : end;
      } else if (c == '/' && peek(1) == '*') {
        blockComment();
      } else {
        return true;
      }
    }
    return false;
  }

  private void blockComment() {
    int end = text.indexOf("*/", at + 2);
    if (end < 0) {
      throw refuse("/*", "the comment has no end");
    }
    line += (int) text.substring(at, end).chars().filter(c -> c == '\n').count();
    at = end + 2;
  }

  private char peek(int ahead) {
    return at + ahead < text.length() ? text.charAt(at + ahead) : '\0';
  }

  private void add(Token.Kind kind, String word) {
    tokens.add(new Token(kind, word, line));
  }

  private DataException refuse(String what, String why) {
    return Refusal.at(file, line, what, why);
  }

  private static boolean isLetter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }
}
