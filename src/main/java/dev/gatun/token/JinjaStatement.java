package dev.gatun.token;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A statement of a Jinja template, as its grammar has it. */
sealed interface JinjaStatement {
  /** Text outside of tags. */
  record Data(String text) implements JinjaStatement {}

  /** <code>{{ value }}</code>. */
  record Output(JinjaExpression value, int line) implements JinjaStatement {}

  /** The condition of an {@code if} or {@code elif} and what follows it. */
  record Branch(JinjaExpression condition, List<JinjaStatement> body) {}

  /** {@code if}. */
  record If(List<Branch> branches, List<JinjaStatement> otherwise, int line)
      implements JinjaStatement {}

  /** {@code for targets in items if condition}. */
  record For(
      List<String> targets,
      JinjaExpression items,
      @Nullable JinjaExpression condition,
      List<JinjaStatement> body,
      List<JinjaStatement> otherwise,
      int line)
      implements JinjaStatement {}

  /** {@code set targets = value}; a target of two names is an attribute of a namespace. */
  record Set(List<List<String>> targets, JinjaExpression value, int line)
      implements JinjaStatement {}

  /** {@code set target} with a body. */
  record SetBlock(List<String> target, List<JinjaStatement> body, int line)
      implements JinjaStatement {}

  /** {@code macro name(parameters)}; defaults belong to the last parameters. */
  record Macro(
      String name,
      List<String> parameters,
      List<JinjaExpression> defaults,
      List<JinjaStatement> body,
      int line)
      implements JinjaStatement {}

  /** {@code with name = value, ...}. */
  record With(List<JinjaExpression.Named> variables, List<JinjaStatement> body, int line)
      implements JinjaStatement {}

  /** {@code generation}: what transformers takes for the words of the assistant. */
  record Generation(List<JinjaStatement> body) implements JinjaStatement {}

  /** {@code break}. */
  record Break() implements JinjaStatement {}

  /** {@code continue}. */
  record Continue() implements JinjaStatement {}

  /** Whether there is a {@code generation} statement among these, or inside of them. */
  static boolean anyGeneration(List<JinjaStatement> statements) {
    return statements.stream().anyMatch(JinjaStatement::hasGeneration);
  }

  private static boolean hasGeneration(JinjaStatement statement) {
    return switch (statement) {
      case Generation _ -> true;
      case If(List<Branch> branches, List<JinjaStatement> otherwise, int _) ->
          anyGeneration(otherwise)
              || branches.stream().anyMatch(branch -> anyGeneration(branch.body()));
      case For loop -> anyGeneration(loop.body()) || anyGeneration(loop.otherwise());
      case SetBlock block -> anyGeneration(block.body());
      case Macro macro -> anyGeneration(macro.body());
      case With with -> anyGeneration(with.body());
      case Data _, Output _, Set _, Break _, Continue _ -> false;
    };
  }
}
