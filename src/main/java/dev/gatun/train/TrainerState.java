package dev.gatun.train;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.data.Batches.Position;
import dev.gatun.hub.Json;
import dev.gatun.hub.JsonFields;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where a run stands: what {@code trainer_state.json} of a checkpoint holds, under Hugging Face's
 * names, and what is ours: the position in the data, groups left out, patience spent. Ours is an
 * entry of {@code stateful_callbacks}, where {@code transformers.TrainerState} accepts any.
 */
public final class TrainerState {
  static final String FILE = "trainer_state.json";
  private static final String OURS = "gatun";

  private int globalStep;
  private double epoch;
  private Position position = Position.START;
  private long inputTokensSeen;
  private @Nullable Double bestMetric;
  private @Nullable String bestModelCheckpoint;
  private EarlyStopping.Progress progress = EarlyStopping.Progress.NONE;
  private int nonFinite;
  private @Nullable Plan plan;
  private final List<Map<String, Double>> logHistory = new ArrayList<>();

  /**
   * What a run is going to do, which the file tells too.
   *
   * @param maxSteps the steps of the whole run
   */
  record Plan(TrainingArguments arguments, int maxSteps) {
    private void write(ObjectNode json) {
      json.put("max_steps", maxSteps);
      json.put("num_train_epochs", (int) Math.ceil(arguments.numTrainEpochs()));
      json.put("train_batch_size", arguments.perDeviceTrainBatchSize());
      json.put("eval_steps", arguments.evalSteps());
      json.put("logging_steps", arguments.loggingSteps());
      json.put("save_steps", arguments.saveSteps());
    }
  }

  void plan(Plan ahead) {
    plan = ahead;
  }

  int globalStep() {
    return globalStep;
  }

  double epoch() {
    return epoch;
  }

  Position position() {
    return position;
  }

  long inputTokensSeen() {
    return inputTokensSeen;
  }

  /** The path of the best checkpoint so far. */
  public @Nullable String bestModelCheckpoint() {
    return bestModelCheckpoint;
  }

  /** The metric of the best checkpoint so far. */
  public @Nullable Double bestMetric() {
    return bestMetric;
  }

  EarlyStopping.Progress progress() {
    return progress;
  }

  void progress(EarlyStopping.Progress now) {
    progress = now;
  }

  /** How many groups were left out because loss or gradient was not finite. */
  int nonFinite() {
    return nonFinite;
  }

  /** Leaves a group out: the data goes on, the step does not. */
  void leaveOut(Position next) {
    position = next;
    nonFinite++;
  }

  /**
   * Goes back to an earlier state, all but the position in the data and the count of groups that
   * were left out.
   */
  void rollBack(TrainerState earlier) {
    globalStep = earlier.globalStep;
    epoch = earlier.epoch;
    inputTokensSeen = earlier.inputTokensSeen;
    bestMetric = earlier.bestMetric;
    bestModelCheckpoint = earlier.bestModelCheckpoint;
    progress = earlier.progress;
    logHistory.clear();
    logHistory.addAll(earlier.logHistory);
  }

  /** Goes on by one step. */
  void advance(Position next, double atEpoch, long tokens) {
    globalStep++;
    position = next;
    epoch = atEpoch;
    inputTokensSeen += tokens;
  }

  /** Keeps one entry of the log, completed by step and epoch. */
  Map<String, Double> log(Map<String, Double> figures) {
    Map<String, Double> entry = new LinkedHashMap<>();
    entry.put("step", (double) globalStep);
    entry.put("epoch", epoch);
    entry.putAll(figures);
    logHistory.add(entry);
    return entry;
  }

  /** Takes a checkpoint as the best so far if its metric is strictly better. */
  public void offerBest(double metric, boolean greaterIsBetter, String checkpoint) {
    boolean better =
        bestMetric == null || (greaterIsBetter ? metric > bestMetric : metric < bestMetric);
    if (better) {
      bestMetric = metric;
      bestModelCheckpoint = checkpoint;
    }
  }

  /** The contents of the file. */
  ObjectNode toJson() {
    ObjectNode json = Json.object();
    json.put("best_metric", bestMetric);
    json.put("best_model_checkpoint", bestModelCheckpoint);
    json.put("epoch", epoch);
    json.put("global_step", globalStep);
    json.put("is_hyper_param_search", false);
    json.put("is_local_process_zero", true);
    json.put("is_world_process_zero", true);
    json.put("num_input_tokens_seen", inputTokensSeen);
    ArrayNode history = json.putArray("log_history");
    for (Map<String, Double> entry : logHistory) {
      ObjectNode object = history.addObject();
      entry.forEach((name, value) -> putNumber(object, name, value));
    }
    json.set("stateful_callbacks", Json.object().set(OURS, ours()));
    json.put("total_flos", 0.0);
    json.putNull("trial_name");
    json.putNull("trial_params");
    if (plan != null) {
      plan.write(json);
    }
    return json;
  }

  private ObjectNode ours() {
    ObjectNode ours = Json.object();
    ours.putObject("data_position").put("epoch", position.epoch()).put("batch", position.batch());
    ours.put("nonfinite_groups", nonFinite);
    if (!Double.isNaN(progress.best())) {
      ours.putObject("early_stopping")
          .put("best", progress.best())
          .put("without_progress", progress.withoutProgress());
    }
    return ours;
  }

  /** Reads the file of a checkpoint. */
  static TrainerState read(Path checkpoint) {
    JsonFields fields = JsonFields.ofData(checkpoint.resolve(FILE));
    TrainerState state = new TrainerState();
    state.globalStep = fields.integer("global_step");
    state.epoch = fields.number("epoch");
    state.inputTokensSeen = fields.longInteger("num_input_tokens_seen", 0);
    fields.optionalNumber("best_metric").ifPresent(value -> state.bestMetric = value);
    state.bestModelCheckpoint = fields.optionalText("best_model_checkpoint").orElse(null);
    fields.object("stateful_callbacks").flatMap(all -> all.object(OURS)).ifPresent(state::readOurs);
    for (JsonFields entry : fields.objects("log_history")) {
      Map<String, Double> figures = new LinkedHashMap<>();
      entry.node().fieldNames().forEachRemaining(name -> figures.put(name, entry.number(name)));
      state.logHistory.add(figures);
    }
    return state;
  }

  private void readOurs(JsonFields ours) {
    ours.object("data_position")
        .ifPresent(at -> position = new Position(at.integer("epoch"), at.integer("batch")));
    nonFinite = ours.integer("nonfinite_groups", 0);
    ours.object("early_stopping")
        .ifPresent(
            at ->
                progress =
                    new EarlyStopping.Progress(at.number("best"), at.integer("without_progress")));
  }

  /** Whole numbers are written as such. */
  static void putNumber(ObjectNode object, String name, double value) {
    if (value == Math.rint(value) && Math.abs(value) < 1L << 53 && !name.contains("loss")) {
      object.put(name, (long) value);
    } else {
      object.put(name, value);
    }
  }
}
