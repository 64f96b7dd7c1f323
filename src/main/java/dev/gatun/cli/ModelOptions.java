package dev.gatun.cli;

import dev.gatun.memory.Region;
import dev.gatun.train.LoadedModel;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How the verbs that use a model load it. */
final class ModelOptions {
  @Option(
      names = "--adapter",
      paramLabel = "DIR",
      description = "An adapter folder, as PEFT has them, to put on the model.")
  private @Nullable Path adapter;

  @Option(
      names = "--dtype",
      description =
          "What weights are stored as: f32, bf16, q8 or q4 (default: f32; under an adapter what it"
              + " was trained on).")
  private @Nullable String dtype;

  /**
   * Loads the model of a folder.
   *
   * @param notes told what the user did not ask for
   */
  LoadedModel load(Path folder, Region region, PrintWriter notes) {
    Optional<Path> onModel = Optional.ofNullable(adapter);
    if (dtype != null) {
      return LoadedModel.open(folder, onModel, region, WeightType.parse(dtype));
    }
    LoadedModel loaded = LoadedModel.open(folder, onModel, region);
    loaded.note().ifPresent(note -> notes.println("gatun: " + note));
    return loaded;
  }
}
