package dev.gatun.token;

import dev.gatun.token.JinjaToken.Kind;
import java.util.List;

/** The pieces of a template and how far they are read. */
final class JinjaTokens {
  private final List<JinjaToken> tokens;
  private int at;

  JinjaTokens(List<JinjaToken> tokens) {
    this.tokens = tokens;
  }

  JinjaToken peek() {
    return tokens.get(at);
  }

  JinjaToken next() {
    JinjaToken token = tokens.get(at);
    at = Math.min(at + 1, tokens.size() - 1);
    return token;
  }

  int line() {
    return peek().line();
  }

  boolean skipOperator(String operator) {
    return skip(Kind.OPERATOR, operator);
  }

  boolean skipName(String name) {
    return skip(Kind.NAME, name);
  }

  private boolean skip(Kind kind, String text) {
    boolean found = peek().is(kind, text);
    if (found) {
      next();
    }
    return found;
  }

  JinjaToken expect(Kind kind) {
    if (peek().kind() != kind) {
      throw error("unexpected " + peek().described());
    }
    return next();
  }

  void expectOperator(String operator) {
    if (!skipOperator(operator)) {
      throw error("expected \"" + operator + "\", but there is " + peek().described());
    }
  }

  void expectName(String name) {
    if (!skipName(name)) {
      throw error("expected \"" + name + "\", but there is " + peek().described());
    }
  }

  JinjaException error(String message) {
    return new JinjaException(line(), message);
  }
}
