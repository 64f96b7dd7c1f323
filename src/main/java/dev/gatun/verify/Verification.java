package dev.gatun.verify;

import dev.gatun.core.ConfigurationException;
import dev.gatun.hub.Suggestion;
import dev.gatun.op.Op;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * A run of {@code gatun verify}: each level that is asked for, operation by operation and model by
 * model.
 */
public final class Verification {
  private final Set<Level> levels;
  private final List<Class<? extends Op>> operations;
  private final List<ModelCase> models;
  private final long seed;

  /**
   * Where operations are named and models are not, or the other way round, only what is named is
   * compared.
   *
   * @param levels what to compare
   * @param operationNames the operations to compare
   * @param modelNames the models to compare
   * @param seed of the values
   * @throws ConfigurationException if nothing has one of the names
   */
  public Verification(
      Set<Level> levels, List<String> operationNames, List<String> modelNames, long seed) {
    this.levels = levels;
    this.seed = seed;
    List<ModelCase> all = ModelCase.all(seed);
    require("operation", operationNames, Operations.names());
    require("model", modelNames, all.stream().map(ModelCase::name).toList());
    boolean noName = operationNames.isEmpty() && modelNames.isEmpty();
    this.operations =
        noName || !operationNames.isEmpty() ? Operations.named(operationNames) : List.of();
    this.models =
        all.stream().filter(model -> noName || modelNames.contains(model.name())).toList();
  }

  private static void require(String what, List<String> names, List<String> known) {
    for (String name : names) {
      if (!known.contains(name)) {
        throw new ConfigurationException(
            "there is no %s \"%s\"%s; known are %s"
                .formatted(what, name, Suggestion.among(known, name), String.join(", ", known)));
      }
    }
  }

  /** Takes the comparisons of a level when they have been made. */
  @FunctionalInterface
  public interface Listener {
    void made(Level level, List<Check> checks);
  }

  /**
   * Compares.
   *
   * @param devices what is verified beside the CPU
   * @param capsule keeps the cases of operations that it wants
   */
  public List<Check> run(List<Target.Pair> devices, Capsule capsule, Listener listener) {
    Columns columns = new Columns(devices, capsule);
    List<Check> all = new ArrayList<>();
    for (Level level : Level.values()) {
      if (levels.contains(level)) {
        List<Check> made = new ArrayList<>();
        if (level.isOfModels()) {
          Models checks = new Models(columns, made::add);
          models.forEach(model -> checks.check(level, model));
        } else {
          Operations checks = new Operations(columns, seed, made::add);
          operations.forEach(type -> checks.check(level, type));
        }
        if (!made.isEmpty()) {
          listener.made(level, made);
        }
        all.addAll(made);
      }
    }
    return all;
  }
}
