package dev.gatun.lora;

import java.util.List;

/** How {@code target_modules} and {@code exclude_modules} name modules of a model. */
public sealed interface ModuleSelection {
  /** Whole paths, or their ends behind a dot: {@code q_proj} is every {@code ....q_proj}. */
  record Names(List<String> names) implements ModuleSelection {
    public Names {
      names = List.copyOf(names);
    }

    boolean matches(String path) {
      return names.stream().anyMatch(name -> path.equals(name) || path.endsWith("." + name));
    }
  }

  /** A regular expression of Python that whole paths match. */
  record Regex(String pattern) implements ModuleSelection {}

  /** {@code all-linear}: every linear layer but the output layer. */
  record AllLinear() implements ModuleSelection {}

  /** What PEFT adapts where no target is given. */
  record FamilyDefault() implements ModuleSelection {}
}
