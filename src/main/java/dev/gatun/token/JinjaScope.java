package dev.gatun.token;

import dev.gatun.token.JinjaValue.Undefined;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Variables, and those around them: a loop, a macro and the template have one each. */
final class JinjaScope {
  private final @Nullable JinjaScope outer;
  private final Map<String, Object> variables = new HashMap<>();

  JinjaScope(@Nullable JinjaScope outer) {
    this.outer = outer;
  }

  void set(String name, @Nullable Object value) {
    variables.put(name, value);
  }

  @Nullable Object get(String name) {
    for (JinjaScope scope = this; scope != null; scope = scope.outer) {
      if (scope.variables.containsKey(name)) {
        return scope.variables.get(name);
      }
    }
    return new Undefined("\"" + name + "\"");
  }
}
