package dev.gatun.token;

import dev.gatun.token.JinjaStatement.Branch;
import dev.gatun.token.JinjaToken.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Reads the statements of a template. What loads another template is refused. */
final class JinjaParser {
  private static final int MAX_DEPTH = 100;

  private final JinjaTokens tokens;
  private final JinjaExpressions expressions;
  private int depth;
  private int loops;
  private boolean inGeneration;

  private JinjaParser(JinjaTokens tokens) {
    this.tokens = tokens;
    this.expressions = new JinjaExpressions(tokens);
  }

  static List<JinjaStatement> parse(String template) {
    JinjaTokens tokens = new JinjaTokens(JinjaLexer.tokens(template));
    return new JinjaParser(tokens).body(Set.of());
  }

  /** Statements up to a tag that begins with one of these names, which is left to read. */
  private List<JinjaStatement> body(Set<String> ends) {
    if (++depth > MAX_DEPTH) {
      throw tokens.error("more than " + MAX_DEPTH + " statements inside each other");
    }
    List<JinjaStatement> body = new ArrayList<>();
    while (true) {
      JinjaToken token = tokens.next();
      switch (token.kind()) {
        case DATA -> body.add(new JinjaStatement.Data(token.text()));
        case EXPRESSION_BEGIN -> {
          body.add(new JinjaStatement.Output(expressions.tuple(), token.line()));
          tokens.expect(Kind.EXPRESSION_END);
        }
        case STATEMENT_BEGIN -> {
          if (tokens.peek().kind() == Kind.NAME && ends.contains(tokens.peek().text())) {
            depth--;
            return body;
          }
          body.add(statement(tokens.expect(Kind.NAME)));
        }
        case END -> {
          if (!ends.isEmpty()) {
            throw tokens.error("the template ends before {% " + String.join(" or ", ends) + " %}");
          }
          depth--;
          return body;
        }
        default -> throw new IllegalStateException(token.toString());
      }
    }
  }

  private JinjaStatement statement(JinjaToken name) {
    int line = name.line();
    return switch (name.text()) {
      case "if" -> conditional(line);
      case "for" -> loop(line);
      case "set" -> set(line);
      case "macro" -> macro(line);
      case "with" -> with(line);
      case "generation" -> {
        if (inGeneration) {
          throw new JinjaException(line, "a \"generation\" inside of another");
        }
        tokens.expect(Kind.STATEMENT_END);
        inGeneration = true;
        List<JinjaStatement> body = block("endgeneration");
        inGeneration = false;
        yield new JinjaStatement.Generation(body);
      }
      case "break" -> jump(new JinjaStatement.Break());
      case "continue" -> jump(new JinjaStatement.Continue());
      default ->
          throw new JinjaException(
              line, "the statement \"" + name.text() + "\", which is not known here");
    };
  }

  private JinjaStatement jump(JinjaStatement statement) {
    if (loops == 0) {
      throw tokens.error("\"break\" and \"continue\" belong into a \"for\"");
    }
    tokens.expect(Kind.STATEMENT_END);
    return statement;
  }

  private JinjaStatement conditional(int line) {
    List<Branch> branches = new ArrayList<>();
    List<JinjaStatement> otherwise = List.of();
    String tag = "if";
    while (!tag.equals("endif")) {
      if (tag.equals("else")) {
        tokens.expect(Kind.STATEMENT_END);
        otherwise = body(Set.of("endif"));
      } else {
        JinjaExpression condition = expressions.tuple();
        tokens.expect(Kind.STATEMENT_END);
        branches.add(new Branch(condition, body(Set.of("elif", "else", "endif"))));
      }
      tag = tokens.next().text();
    }
    tokens.expect(Kind.STATEMENT_END);
    return new JinjaStatement.If(branches, otherwise, line);
  }

  private JinjaStatement loop(int line) {
    List<String> targets = new ArrayList<>();
    do {
      targets.add(tokens.expect(Kind.NAME).text());
    } while (tokens.skipOperator(","));
    tokens.expectName("in");
    JinjaExpression items = expressions.tupleWithoutChoice();
    JinjaExpression condition = tokens.skipName("if") ? expressions.expression() : null;
    if (tokens.skipName("recursive")) {
      throw tokens.error("a recursive \"for\", which is not known here");
    }
    tokens.expect(Kind.STATEMENT_END);
    loops++;
    List<JinjaStatement> body = body(Set.of("else", "endfor"));
    loops--;
    List<JinjaStatement> otherwise = List.of();
    if (tokens.skipName("else")) {
      tokens.expect(Kind.STATEMENT_END);
      otherwise = body(Set.of("endfor"));
    }
    tokens.expectName("endfor");
    tokens.expect(Kind.STATEMENT_END);
    return new JinjaStatement.For(targets, items, condition, body, otherwise, line);
  }

  private JinjaStatement set(int line) {
    List<List<String>> targets = new ArrayList<>();
    do {
      targets.add(target());
    } while (tokens.skipOperator(","));
    if (tokens.skipOperator("=")) {
      JinjaExpression value = expressions.tuple();
      tokens.expect(Kind.STATEMENT_END);
      return new JinjaStatement.Set(targets, value, line);
    }
    if (targets.size() > 1) {
      throw tokens.error("several names in a \"set\" need a \"=\"");
    }
    tokens.expect(Kind.STATEMENT_END);
    return new JinjaStatement.SetBlock(targets.getFirst(), block("endset"), line);
  }

  private List<String> target() {
    String name = tokens.expect(Kind.NAME).text();
    return tokens.skipOperator(".")
        ? List.of(name, tokens.expect(Kind.NAME).text())
        : List.of(name);
  }

  private JinjaStatement macro(int line) {
    String name = tokens.expect(Kind.NAME).text();
    List<String> parameters = new ArrayList<>();
    List<JinjaExpression> defaults = new ArrayList<>();
    tokens.expectOperator("(");
    while (!tokens.skipOperator(")")) {
      if (!parameters.isEmpty()) {
        tokens.expectOperator(",");
      }
      parameters.add(tokens.expect(Kind.NAME).text());
      if (tokens.skipOperator("=")) {
        defaults.add(expressions.expression());
      } else if (!defaults.isEmpty()) {
        throw tokens.error("a parameter without a default behind one that has it");
      }
    }
    tokens.expect(Kind.STATEMENT_END);
    int outerLoops = loops;
    loops = 0;
    List<JinjaStatement> body = block("endmacro");
    loops = outerLoops;
    return new JinjaStatement.Macro(name, parameters, defaults, body, line);
  }

  private JinjaStatement with(int line) {
    List<JinjaExpression.Named> variables = new ArrayList<>();
    while (tokens.peek().kind() != Kind.STATEMENT_END) {
      if (!variables.isEmpty()) {
        tokens.expectOperator(",");
      }
      String name = tokens.expect(Kind.NAME).text();
      tokens.expectOperator("=");
      variables.add(new JinjaExpression.Named(name, expressions.expression()));
    }
    tokens.expect(Kind.STATEMENT_END);
    return new JinjaStatement.With(variables, block("endwith"), line);
  }

  private List<JinjaStatement> block(String end) {
    List<JinjaStatement> body = body(Set.of(end));
    tokens.expectName(end);
    tokens.expect(Kind.STATEMENT_END);
    return body;
  }
}
