package dev.gatun.train;

import dev.gatun.hub.JsonFields;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

/**
 * What a run does when its loss or its gradient is not a finite number. In every case the step is
 * not applied and the offending group of batches is written to {@code nonfinite-N.json} in the
 * output folder.
 *
 * @param action {@code nonfinite_policy}
 * @param budget {@code nonfinite_budget}: how often the run may go on in this way; one more stops
 *     it
 */
public record NonFinitePolicy(Action action, int budget) {
  /** How the run goes on. */
  public enum Action {
    /** It ends, exit code 5. */
    STOP,
    /** The group is left out: parameters, moments and the step stay as they were. */
    SKIP,
    /**
     * Parameters, moments and step are those of the newest checkpoint again; the data goes on after
     * the offending group, so that what was read since the checkpoint is left out with it. Before
     * the first checkpoint it is {@code SKIP}.
     */
    ROLLBACK
  }

  private static final int BUDGET = 10;
  private static final SequencedMap<String, Action> ACTIONS = new LinkedHashMap<>();

  static {
    ACTIONS.put("stop", Action.STOP);
    ACTIONS.put("skip", Action.SKIP);
    ACTIONS.put("rollback", Action.ROLLBACK);
  }

  static NonFinitePolicy read(JsonFields fields) {
    return new NonFinitePolicy(
        fields.choice("nonfinite_policy", ACTIONS, "stop"),
        fields.positive("nonfinite_budget", BUDGET));
  }
}
