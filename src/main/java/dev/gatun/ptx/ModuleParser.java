package dev.gatun.ptx;

import dev.gatun.core.DataException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Parses the outer level of a PTX file: directives, variables, functions. */
final class ModuleParser {
  private static final int NEWEST_MAJOR = 9;

  private final Cursor cursor;
  private final Scope scope = new Scope(null);
  private final List<Variable> variables = new ArrayList<>();
  private final Map<String, Function> functions = new LinkedHashMap<>();
  private final Map<Integer, String> files;
  private String target = "";

  ModuleParser(Cursor cursor) {
    this.cursor = cursor;
    this.files = cursor.files();
  }

  PtxModule parse() {
    header();
    while (!cursor.atEnd()) {
      declaration();
    }
    return new PtxModule(cursor.file(), target, scope, variables, functions);
  }

  private void header() {
    cursor.expect(".version");
    String version = cursor.next().text();
    if (!version.matches("[1-9]\\.[0-9]{1,2}") || version.charAt(0) - '0' > NEWEST_MAJOR) {
      throw cursor.refuse("PTX versions are 1.0 to 9.x, this is \"" + version + "\"");
    }
    cursor.expect(".target");
    target = cursor.word("a target");
    if (!target.matches("sm_[0-9]{2,3}[af]?")) {
      throw cursor.refuse("\"" + target + "\" is no target: sm_NN is");
    }
    while (cursor.take(",")) {
      cursor.word("a target option");
    }
    if (cursor.take(".address_size")) {
      if (cursor.integer("an address size", 32, 64) != 64) {
        throw cursor.refuse("only 64-bit addresses are emulated");
      }
    }
  }

  private void declaration() {
    switch (cursor.peek().text()) {
      case ".file" -> {
        cursor.next();
        file();
      }
      case ".section" -> {
        cursor.next();
        cursor.word("a section name");
        cursor.skipBraces();
      }
      case ".pragma" -> skipTo(";");
      default -> linked();
    }
  }

  private void file() {
    cursor.integer("a file index", 0, Integer.MAX_VALUE);
    if (cursor.peek().kind() != Token.Kind.STRING) {
      throw cursor.refuse("a file name in quotes is expected here");
    }
    cursor.next();
    while (cursor.take(",")) {
      cursor.constant();
    }
  }

  private void skipTo(String end) {
    while (!cursor.take(end)) {
      if (cursor.atEnd()) {
        throw cursor.refuse("\"" + end + "\" is missing");
      }
      cursor.next();
    }
  }

  private void linked() {
    boolean external = false;
    while (cursor.at(".visible")
        || cursor.at(".extern")
        || cursor.at(".weak")
        || cursor.at(".common")) {
      external |= cursor.next().is(".extern");
    }
    switch (cursor.peek().text()) {
      case ".entry" -> function(true);
      case ".func" -> function(false);
      case ".global", ".const", ".shared" -> {
        for (Variable variable : new VariableParser(cursor).declaration(external)) {
          if (!scope.declare(variable)) {
            throw cursor.refuse("\"" + variable.name() + "\" is declared twice");
          }
          variables.add(variable);
        }
      }
      default -> throw cursor.refuse("no PTX declaration begins so, or it is not supported");
    }
  }

  private void function(boolean entry) {
    cursor.next();
    Scope inner = new Scope(scope);
    cursor.take(".noreturn");
    List<Function.Formal> results = cursor.at("(") ? formals(inner) : List.of();
    int line = cursor.line();
    String name = cursor.word("the name of a function");
    List<Function.Formal> parameters = cursor.at("(") ? formals(inner) : List.of();
    long maxThreads = 0;
    int[] required = null;
    while (cursor.peek().text().startsWith(".")) {
      String directive = cursor.next().text();
      switch (directive) {
        case ".maxntid" -> maxThreads = product(sizes());
        case ".reqntid" -> {
          required = sizes();
          maxThreads = product(required);
        }
        case ".minnctapersm", ".maxnreg", ".maxnctapersm", ".abi_preserve" ->
            cursor.integer(directive, 0, Integer.MAX_VALUE);
        case ".noreturn" -> {}
        case ".pragma" -> skipTo(";");
        default -> throw cursor.refuse("the directive \"" + directive + "\" is not supported");
      }
    }
    BodyParser parser = new BodyParser(cursor, files);
    List<Statement> body = cursor.take(";") ? null : parser.parse(inner);
    List<Variable> statics = parser.statics();
    put(new Function(name, entry, parameters, results, body, maxThreads, required, statics, line));
  }

  private void put(Function function) {
    Function earlier = functions.get(function.name());
    if (earlier != null && earlier.body() != null && function.body() != null) {
      throw refuseTwice(function);
    }
    if (earlier == null || earlier.body() == null) {
      functions.put(function.name(), function);
    }
  }

  private DataException refuseTwice(Function function) {
    return Refusal.at(
        cursor.file(), function.line(), "\"" + function.name() + "\"", "it is defined twice");
  }

  private int[] sizes() {
    int[] sizes = {1, 1, 1};
    int i = 0;
    do {
      if (i == sizes.length) {
        throw cursor.refuse("a block has three sizes");
      }
      sizes[i++] = (int) cursor.integer("a block size", 1, 1024);
    } while (cursor.take(","));
    return sizes;
  }

  private static long product(int[] sizes) {
    return (long) sizes[0] * sizes[1] * sizes[2];
  }

  private List<Function.Formal> formals(Scope inner) {
    cursor.expect("(");
    List<Function.Formal> formals = new ArrayList<>();
    while (!cursor.take(")")) {
      if (!formals.isEmpty()) {
        cursor.expect(",");
      }
      formals.add(formal(inner));
    }
    return formals;
  }

  private Function.Formal formal(Scope inner) {
    if (cursor.take(".reg")) {
      Type type = cursor.type();
      Register register = new Register(cursor.word("a register"), type);
      inner.declare(register);
      return new Function.Formal.InRegister(register);
    }
    if (!cursor.at(".param")) {
      throw cursor.refuse("a parameter is .param or .reg");
    }
    Variable variable = new VariableParser(cursor).one();
    if (!inner.declare(variable)) {
      throw cursor.refuse("parameter \"" + variable.name() + "\" is declared twice");
    }
    return new Function.Formal.InMemory(variable);
  }
}
