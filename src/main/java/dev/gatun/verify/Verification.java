package dev.gatun.verify;

import dev.gatun.core.ConfigurationException;
import dev.gatun.hub.Suggestion;
import dev.gatun.op.Op;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A run of {@code gatun verify}: each level that is asked for, operation by operation and model by
 * model.
 */
public final class Verification {
  private final Set<Level> levels;
  private final List<Class<? extends Op>> operations;
  private final long seed;

  /**
   * @param levels what to compare
   * @param names the operations to compare; all if there is none
   * @param seed of the values
   * @throws ConfigurationException if no operation has one of the names
   */
  public Verification(Set<Level> levels, List<String> names, long seed) {
    this.levels = levels;
    this.operations = Operations.named(names);
    this.seed = seed;
    for (String name : names) {
      if (!Operations.names().contains(name)) {
        throw new ConfigurationException(
            "there is no operation \"%s\"%s; verify --level forward lists all"
                .formatted(name, Suggestion.among(Operations.names(), name)));
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
   * @param device what is verified beside the CPU; null for the CPU alone
   * @param again the same device for second runs
   */
  public List<Check> run(@Nullable Target device, @Nullable Target again, Listener listener) {
    Columns columns = new Columns(device, again);
    List<Check> all = new ArrayList<>();
    for (Level level : Level.values()) {
      if (levels.contains(level)) {
        List<Check> made = new ArrayList<>();
        Operations checks = new Operations(columns, seed, made::add);
        operations.forEach(type -> checks.check(level, type));
        listener.made(level, made);
        all.addAll(made);
      }
    }
    return all;
  }
}
