package dev.gatun.token;

import dev.gatun.token.JinjaStatement.Branch;
import dev.gatun.token.JinjaValue.Namespace;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Runs the statements of a template, once. */
final class JinjaRenderer {
  private static final int MAX_CALLS = 60;

  /** How a statement ended. */
  private enum Flow {
    NEXT,
    BREAK,
    CONTINUE
  }

  private final JinjaEvaluator evaluator = new JinjaEvaluator();
  private final IdentityHashMap<Object, Integer> messages = new IdentityHashMap<>();
  private final List<int[]> generations = new ArrayList<>();
  private final List<Turn> turns = new ArrayList<>();
  private PythonText.Bounded out = new PythonText.Bounded();
  private int captures;
  private int calls;
  private boolean inTurn;

  /**
   * What a loop over the messages wrote for one of them.
   *
   * @param message its number, from 0
   * @param start of the output, in UTF-16 units, inclusive
   * @param end exclusive
   */
  record Turn(int message, int start, int end) {}

  /**
   * @param messages of the conversation, to be recognised in loops by identity
   */
  JinjaRenderer(List<?> messages) {
    for (int i = 0; i < messages.size(); i++) {
      this.messages.put(messages.get(i), i);
    }
  }

  /** Runs a whole template. */
  String render(List<JinjaStatement> template, JinjaScope globals) {
    run(template, new JinjaScope(globals));
    return out.toString();
  }

  /** The ranges of the output, in UTF-16 units, that {@code generation} statements wrote. */
  List<int[]> generations() {
    return generations;
  }

  /** What was written for each message, where a loop over the messages wrote it. */
  List<Turn> turns() {
    return turns;
  }

  private Flow run(List<JinjaStatement> body, JinjaScope scope) {
    for (JinjaStatement statement : body) {
      evaluator.step();
      Flow flow = run(statement, scope);
      if (flow != Flow.NEXT) {
        return flow;
      }
    }
    return Flow.NEXT;
  }

  private Flow run(JinjaStatement statement, JinjaScope scope) {
    switch (statement) {
      case JinjaStatement.Data(String text) -> out.append(text);
      case JinjaStatement.Output(JinjaExpression value, int line) ->
          located(line, () -> out.append(PythonText.str(evaluator.evaluate(value, scope))));
      case JinjaStatement.If conditional -> {
        return choose(conditional, scope);
      }
      case JinjaStatement.For loop -> located(loop.line(), () -> loop(loop, scope));
      case JinjaStatement.Set set -> located(set.line(), () -> assign(set, scope));
      case JinjaStatement.SetBlock(List<String> target, List<JinjaStatement> body, int line) ->
          located(line, () -> assign(target, capture(body, new JinjaScope(scope)), scope));
      case JinjaStatement.Macro macro -> scope.set(macro.name(), macro(macro, scope));
      case JinjaStatement.With with -> {
        return with(with, scope);
      }
      case JinjaStatement.Generation(List<JinjaStatement> body) -> {
        int start = out.length();
        Flow flow = run(body, new JinjaScope(scope));
        if (captures == 0) {
          generations.add(new int[] {start, out.length()});
        }
        return flow;
      }
      case JinjaStatement.Break _ -> {
        return Flow.BREAK;
      }
      case JinjaStatement.Continue _ -> {
        return Flow.CONTINUE;
      }
    }
    return Flow.NEXT;
  }

  private static void located(int line, Runnable work) {
    try {
      work.run();
    } catch (JinjaException e) {
      throw e.at(line);
    }
  }

  private Flow choose(JinjaStatement.If conditional, JinjaScope scope) {
    for (Branch branch : conditional.branches()) {
      boolean[] holds = {false};
      located(conditional.line(), () -> holds[0] = evaluator.isTrue(branch.condition(), scope));
      if (holds[0]) {
        return run(branch.body(), scope);
      }
    }
    return run(conditional.otherwise(), scope);
  }

  private void loop(JinjaStatement.For loop, JinjaScope scope) {
    List<Object> items = new ArrayList<>();
    for (Object item : JinjaValue.items(evaluator.evaluate(loop.items(), scope))) {
      evaluator.step();
      if (loop.condition() != null) {
        JinjaScope trial = new JinjaScope(scope);
        unpack(loop.targets(), item, trial);
        if (!evaluator.isTrue(loop.condition(), trial)) {
          continue;
        }
      }
      items.add(item);
    }
    JinjaLoop state = new JinjaLoop(items);
    for (int i = 0; i < items.size(); i++) {
      JinjaScope inner = new JinjaScope(scope);
      inner.set("loop", state.at(i));
      unpack(loop.targets(), items.get(i), inner);
      if (turn(items.get(i), loop.body(), inner) == Flow.BREAK) {
        break;
      }
    }
    if (items.isEmpty()) {
      run(loop.otherwise(), new JinjaScope(scope));
    }
  }

  /** One round of a loop, which may be the turn of a message. */
  private Flow turn(@Nullable Object item, List<JinjaStatement> body, JinjaScope scope) {
    Integer message = inTurn || captures > 0 ? null : messages.get(item);
    if (message == null) {
      return run(body, scope);
    }
    int start = out.length();
    inTurn = true;
    Flow flow = run(body, scope);
    inTurn = false;
    turns.add(new Turn(message, start, out.length()));
    return flow;
  }

  private static void unpack(List<String> targets, @Nullable Object item, JinjaScope scope) {
    if (targets.size() == 1) {
      scope.set(targets.getFirst(), item);
      return;
    }
    List<Object> parts = JinjaValue.items(item);
    if (parts.size() != targets.size()) {
      throw new JinjaException("%d names for %d values".formatted(targets.size(), parts.size()));
    }
    for (int i = 0; i < parts.size(); i++) {
      scope.set(targets.get(i), parts.get(i));
    }
  }

  private void assign(JinjaStatement.Set set, JinjaScope scope) {
    Object value = evaluator.evaluate(set.value(), scope);
    if (set.targets().size() == 1) {
      assign(set.targets().getFirst(), value, scope);
      return;
    }
    List<Object> parts = JinjaValue.items(value);
    if (parts.size() != set.targets().size()) {
      throw new JinjaException(
          "%d names for %d values".formatted(set.targets().size(), parts.size()));
    }
    for (int i = 0; i < parts.size(); i++) {
      assign(set.targets().get(i), parts.get(i), scope);
    }
  }

  private static void assign(List<String> target, @Nullable Object value, JinjaScope scope) {
    if (target.size() == 1) {
      scope.set(target.getFirst(), value);
    } else if (scope.get(target.getFirst()) instanceof Namespace(Map<String, Object> attributes)) {
      attributes.put(target.getLast(), value);
    } else {
      throw new JinjaException(
          "\"set\" of an attribute of \"" + target.getFirst() + "\", which is no namespace");
    }
  }

  private Flow with(JinjaStatement.With with, JinjaScope scope) {
    JinjaScope inner = new JinjaScope(scope);
    for (JinjaExpression.Named variable : with.variables()) {
      located(
          with.line(),
          () -> inner.set(variable.name(), evaluator.evaluate(variable.value(), scope)));
    }
    return run(with.body(), inner);
  }

  /** What statements write, as a text instead of into the output. */
  private String capture(List<JinjaStatement> body, JinjaScope scope) {
    PythonText.Bounded outer = out;
    out = new PythonText.Bounded();
    captures++;
    try {
      run(body, scope);
      return out.toString();
    } finally {
      captures--;
      out = outer;
    }
  }

  private JinjaValue.Function macro(JinjaStatement.Macro macro, JinjaScope scope) {
    return (arguments, named) -> {
      if (++calls > MAX_CALLS) {
        throw new JinjaException("more than " + MAX_CALLS + " calls inside each other");
      }
      String text = capture(macro.body(), bind(macro, arguments, named, scope));
      calls--;
      return text;
    };
  }

  private JinjaScope bind(
      JinjaStatement.Macro macro,
      List<Object> arguments,
      Map<String, Object> named,
      JinjaScope scope) {
    List<String> parameters = macro.parameters();
    if (arguments.size() > parameters.size()) {
      throw new JinjaException(
          "the macro %s takes %d arguments, not %d"
              .formatted(macro.name(), parameters.size(), arguments.size()));
    }
    Map<String, Object> left = new HashMap<>(named);
    JinjaScope inner = new JinjaScope(scope);
    int firstDefault = parameters.size() - macro.defaults().size();
    for (int i = 0; i < parameters.size(); i++) {
      String name = parameters.get(i);
      if (i < arguments.size()) {
        inner.set(name, arguments.get(i));
      } else if (left.containsKey(name)) {
        inner.set(name, left.remove(name));
      } else if (i >= firstDefault) {
        inner.set(name, evaluator.evaluate(macro.defaults().get(i - firstDefault), inner));
      } else {
        inner.set(name, new JinjaValue.Undefined("\"" + name + "\""));
      }
    }
    if (!left.isEmpty()) {
      throw new JinjaException(
          "the macro %s has no parameter %s".formatted(macro.name(), left.keySet()));
    }
    return inner;
  }
}
