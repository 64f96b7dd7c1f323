package dev.gatun.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.device.Device;
import dev.gatun.device.GemmChoice;
import dev.gatun.generate.GenerationConfig;
import dev.gatun.hub.JsonFields;
import dev.gatun.hub.Overrides;
import dev.gatun.hub.TokenizerFolder;
import dev.gatun.memory.Region;
import dev.gatun.train.GenerationConfigs;
import dev.gatun.train.LoadedModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What the verbs that generate have in common: the model, and how it generates. */
final class GenerationOptions {
  @Parameters(
      paramLabel = "MODEL_DIR",
      description = "A model or adapter folder, for example a checkpoint.")
  private Path folder = Path.of("");

  @Mixin private final ModelOptions model = new ModelOptions();

  @Mixin private final ThreadsOption threads = new ThreadsOption();

  /** {@code key=value} for each option that was given, in order. */
  private final List<String> changes = new ArrayList<>();

  @Option(names = "--max-new-tokens", description = "How many tokens to add at most.")
  void maxNewTokens(int value) {
    changes.add("max_new_tokens=" + value);
  }

  @Option(names = "--do-sample", description = "Draw tokens instead of taking the best one.")
  void doSample(boolean value) {
    changes.add("do_sample=" + value);
  }

  @Option(names = "--temperature", description = "Divides the scores.")
  void temperature(double value) {
    changes.add("temperature=" + value);
  }

  @Option(names = "--top-k", description = "How many tokens stay candidates.")
  void topK(int value) {
    changes.add("top_k=" + value);
  }

  @Option(names = "--top-p", description = "The probability mass that stays.")
  void topP(double value) {
    changes.add("top_p=" + value);
  }

  @Option(
      names = "--num-return-sequences",
      description = "How many texts to make of each prompt; needs --do-sample=true.")
  void numReturnSequences(int value) {
    changes.add("num_return_sequences=" + value);
  }

  @Option(names = "--seed", description = "Of the draws.")
  void seed(long value) {
    changes.add("seed=" + value);
  }

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Any name of GenerationConfig, for example --set repetition_penalty=1.2.")
  void set(List<String> overrides) {
    changes.addAll(overrides);
  }

  @Option(names = "--device", description = "cpu, cuda:N or emulator.")
  private String device = "cpu";

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  /** The device to compute on; the caller closes it after everything that is on it. */
  Devices open() {
    threads.use();
    return Devices.open(Device.parse(device), GemmChoice.AUTO, false);
  }

  /** Loads the model. */
  LoadedModel load(Region region) {
    return model.load(folder, region, spec.commandLine().getErr());
  }

  /** The model's generation_config.json, changed by the command line. */
  GenerationConfig config(LoadedModel loaded, TokenizerFolder tokenizer) {
    ObjectNode node = loaded.generationConfig(tokenizer);
    Overrides.apply(node, changes);
    JsonFields fields = JsonFields.ofConfiguration("generation", node);
    GenerationConfig config = GenerationConfigs.read(fields);
    fields.rejectUnknown();
    return config;
  }
}
