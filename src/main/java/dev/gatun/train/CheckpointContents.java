package dev.gatun.train;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.core.DType;
import dev.gatun.core.DataException;
import dev.gatun.hub.Json;
import dev.gatun.hub.NamedTensor;
import dev.gatun.hub.SafetensorsFile;
import dev.gatun.hub.SafetensorsWriter;
import dev.gatun.hub.TensorEntry;
import dev.gatun.hub.TokenizerFolder;
import dev.gatun.memory.Region;
import dev.gatun.optim.AdamW;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.Tensors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The files of a checkpoint: those of a model or adapter folder, {@code optimizer.safetensors} with
 * the moments of every parameter under {@code <parameter>.exp_avg} and {@code .exp_avg_sq}, {@code
 * trainer_state.json}, and the run's configuration.
 */
final class CheckpointContents {
  private static final String OPTIMIZER = "optimizer.safetensors";

  private final TrainedModel model;
  private final TokenizerFolder tokenizer;
  private final AdamW optimizer;
  private final ObjectNode runConfig;

  CheckpointContents(
      TrainedModel model, TokenizerFolder tokenizer, AdamW optimizer, ObjectNode runConfig) {
    this.model = model;
    this.tokenizer = tokenizer;
    this.optimizer = optimizer;
    this.runConfig = runConfig;
  }

  /** Writes everything. */
  void write(Path folder, TrainerState state) {
    writeModel(folder);
    try (Region host = new Region("saving")) {
      List<NamedTensor> moments = new ArrayList<>();
      for (AdamW.Slot slot : optimizer.slots()) {
        moments.add(named(slot, "exp_avg", Tensors.onHost(slot.m(), host)));
        moments.add(named(slot, "exp_avg_sq", Tensors.onHost(slot.v(), host)));
      }
      SafetensorsWriter.write(folder.resolve(OPTIMIZER), moments);
    }
    Json.write(folder.resolve("run.json"), runConfig);
    Json.write(folder.resolve(TrainerState.FILE), state.toJson());
  }

  /** Writes what is trained, and the tokenizer. */
  void writeModel(Path folder) {
    model.save(folder);
    tokenizer.write(folder);
  }

  /** Reads the weights of a checkpoint into the model. */
  void restoreModel(Path checkpoint) {
    model.load(checkpoint);
  }

  /** Reads moments and state; the model itself has been loaded already. */
  TrainerState restore(Path checkpoint) {
    TrainerState state = TrainerState.read(checkpoint);
    try (SafetensorsFile file = SafetensorsFile.open(checkpoint.resolve(OPTIMIZER))) {
      for (AdamW.Slot slot : optimizer.slots()) {
        read(file, slot.parameter().name() + ".exp_avg", slot.m());
        read(file, slot.parameter().name() + ".exp_avg_sq", slot.v());
      }
    }
    optimizer.resumeAt(state.globalStep());
    return state;
  }

  private static NamedTensor named(AdamW.Slot slot, String moment, Tensor tensor) {
    return NamedTensor.of(
        slot.parameter().name() + "." + moment, tensor.shape(), DType.F32, tensor.segment());
  }

  private static void read(SafetensorsFile file, String name, Tensor into) {
    TensorEntry entry =
        file.find(name)
            .orElseThrow(() -> new DataException(file.path() + ": lacks the tensor " + name));
    if (!entry.shape().equals(into.shape())) {
      throw new DataException(
          "%s: %s has shape %s, the model needs %s"
              .formatted(file.path(), name, entry.shape(), into.shape()));
    }
    into.buffer().write(host -> file.readF32(name, host, 0));
  }
}
