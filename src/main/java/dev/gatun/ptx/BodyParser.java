package dev.gatun.ptx;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Parses the body of a function into a flat list of labels and instructions. */
final class BodyParser {
  private static final int DEEPEST = 100;
  private static final int MOST_REGISTERS = 1 << 20;

  private final Cursor cursor;
  private final Map<Integer, String> files;
  private final List<Statement> statements = new ArrayList<>();
  private final List<Variable> statics = new ArrayList<>();
  private String origin = "";

  BodyParser(Cursor cursor, Map<Integer, String> files) {
    this.cursor = cursor;
    this.files = files;
  }

  List<Statement> parse(Scope scope) {
    cursor.expect("{");
    block(scope, 0);
    return statements;
  }

  /** The variables in global and constant memory that the body declares. */
  List<Variable> statics() {
    return statics;
  }

  private void block(Scope scope, int depth) {
    if (depth > DEEPEST) {
      throw cursor.refuse("braces are nested too deeply");
    }
    while (!cursor.take("}")) {
      if (cursor.atEnd()) {
        throw cursor.refuse("a closing brace is missing");
      }
      if (cursor.take("{")) {
        block(new Scope(scope), depth + 1);
      } else {
        statement(scope);
      }
    }
  }

  private void statement(Scope scope) {
    if (cursor.take(";")) {
      return;
    }
    Token first = cursor.peek();
    if (cursor.peek(1).is(":") && first.kind() == Token.Kind.WORD) {
      label(scope);
    } else if (first.text().startsWith(".")) {
      directive(scope);
    } else {
      instruction(scope);
    }
  }

  private void label(Scope scope) {
    String name = cursor.word("a label");
    cursor.expect(":");
    if (cursor.take(".branchtargets")) {
      List<String> targets = new ArrayList<>();
      do {
        targets.add(cursor.word("a label"));
      } while (cursor.take(","));
      cursor.expect(";");
      if (!scope.declareTable(name, targets)) {
        throw cursor.refuse("\"" + name + "\" is declared twice");
      }
      return;
    }
    Statement.Label label = scope.declareLabel(name);
    if (label == null) {
      throw cursor.refuse("label \"" + name + "\" is declared twice");
    }
    statements.add(label);
  }

  private void directive(Scope scope) {
    switch (cursor.peek().text()) {
      case ".reg" -> registers(scope);
      case ".local", ".shared", ".param", ".const", ".global" -> variables(scope);
      case ".loc" -> location();
      case ".pragma" -> pragma();
      default -> throw cursor.refuse("this directive is not supported here");
    }
  }

  private void pragma() {
    do {
      cursor.next();
    } while (cursor.peek().kind() == Token.Kind.STRING || cursor.at(","));
    cursor.expect(";");
  }

  private void variables(Scope scope) {
    for (Variable variable : new VariableParser(cursor).declaration(false)) {
      if (!scope.declare(variable)) {
        throw cursor.refuse("\"" + variable.name() + "\" is declared twice");
      }
      if (variable.space() == Space.GLOBAL || variable.space() == Space.CONST) {
        statics.add(variable);
      }
    }
  }

  private void registers(Scope scope) {
    cursor.next();
    if (cursor.at(".v2") || cursor.at(".v4")) {
      throw cursor.refuse("vector registers are not supported");
    }
    Type type = cursor.type();
    do {
      String name = cursor.word("a register");
      boolean fresh;
      if (cursor.take("<")) {
        fresh = scope.declareFamily(name, type, cursor.integer("a count", 0, MOST_REGISTERS));
        cursor.expect(">");
      } else {
        fresh = scope.declare(new Register(name, type));
      }
      if (!fresh) {
        throw cursor.refuse("register \"" + name + "\" is declared twice");
      }
    } while (cursor.take(","));
    cursor.expect(";");
  }

  /** {@code .loc file line column [, function_name label, inlined_at file line column]}. */
  private void location() {
    cursor.next();
    String place = place();
    origin = place.isEmpty() ? origin : place;
    while (cursor.take(",")) {
      if (cursor.take("inlined_at")) {
        origin += " inlined at " + place();
      } else {
        cursor.word("function_name or inlined_at");
        cursor.word("a label");
        if (cursor.take("+")) {
          cursor.constant();
        }
      }
    }
  }

  /** {@code file line column}; empty for line 0, which stands for no line. */
  private String place() {
    int index = (int) cursor.integer("a file index", 0, Integer.MAX_VALUE);
    long line = cursor.integer("a line", 0, Integer.MAX_VALUE);
    cursor.integer("a column", 0, Integer.MAX_VALUE);
    return line == 0 ? "" : files.getOrDefault(index, "file " + index) + ":" + line;
  }

  private void instruction(Scope scope) {
    int start = cursor.position();
    int line = cursor.line();
    Operand.Reg guard = cursor.take("@") ? guard(scope) : null;
    String opcode = cursor.word("an instruction");
    List<Operand> operands = new ArrayList<>();
    while (!cursor.at(";")) {
      if (!operands.isEmpty()) {
        cursor.expect(",");
      }
      operands.add(operand(scope, 0));
    }
    String text = cursor.textSince(start) + ";";
    cursor.expect(";");
    Source source = new Source(cursor.file(), line, text, origin);
    statements.add(new Statement.Instr(opcode, operands, guard, scope, source));
  }

  private Operand.Reg guard(Scope scope) {
    boolean negated = cursor.take("!");
    Register register = scope.register(cursor.word("a predicate"));
    if (register == null || register.type() != Type.PRED) {
      throw cursor.refuse("a guard is a predicate register");
    }
    return new Operand.Reg(register, negated);
  }

  private Operand operand(Scope scope, int depth) {
    if (depth > 4) {
      throw cursor.refuse("operands are nested too deeply");
    }
    if (cursor.take("[")) {
      return address(scope);
    }
    if (cursor.take("{")) {
      return new Operand.Vector(list(scope, "}", depth));
    }
    if (cursor.at("(") && cursor.peek(1).kind() == Token.Kind.WORD) {
      cursor.next();
      return new Operand.Group(list(scope, ")", depth));
    }
    if (cursor.at("(") && cursor.peek(1).is(")")) {
      cursor.next();
      cursor.next();
      return new Operand.Group(List.of());
    }
    if (cursor.take("!")) {
      if (named(scope) instanceof Operand.Reg(Register register, boolean _)) {
        return new Operand.Reg(register, true);
      }
      throw cursor.refuse("only a predicate is negated");
    }
    if (cursor.peek().kind() != Token.Kind.WORD) {
      return cursor.constant();
    }
    Operand first = named(scope);
    if (cursor.take("|")) {
      return new Operand.Pair(first, named(scope));
    }
    return first;
  }

  private List<Operand> list(Scope scope, String end, int depth) {
    List<Operand> elements = new ArrayList<>();
    while (!cursor.take(end)) {
      if (!elements.isEmpty()) {
        cursor.expect(",");
      }
      elements.add(operand(scope, depth + 1));
    }
    return elements;
  }

  private Operand named(Scope scope) {
    String name = cursor.word("a register, a symbol or a number");
    if (name.equals("_")) {
      return new Operand.Sink();
    }
    Register register = scope.register(name);
    if (register != null) {
      return new Operand.Reg(register, false);
    }
    if (name.equals("WARP_SZ")) {
      return new Operand.Int(32);
    }
    if (name.startsWith("%")) {
      Special.check(name, cursor);
      return new Operand.Special(name);
    }
    return new Operand.Symbol(name, cursor.at("+") || cursor.at("-") ? offset() : 0);
  }

  private Operand address(Scope scope) {
    @Nullable Operand base = null;
    long offset = 0;
    if (cursor.peek().kind() == Token.Kind.WORD) {
      base = named(scope);
      if (base instanceof Operand.Symbol(String name, long own)) {
        base = new Operand.Symbol(name, 0);
        offset = own;
      }
    }
    if (!cursor.at("]")) {
      offset += base == null ? absolute() : offset();
    }
    cursor.expect("]");
    return new Operand.Address(base, offset);
  }

  private long offset() {
    return cursor.integer("an offset", Integer.MIN_VALUE, Integer.MAX_VALUE);
  }

  private long absolute() {
    return cursor.integer("an address", Long.MIN_VALUE, Long.MAX_VALUE);
  }
}
