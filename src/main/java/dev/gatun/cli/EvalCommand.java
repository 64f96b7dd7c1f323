package dev.gatun.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.core.ConfigurationException;
import dev.gatun.hub.Json;
import dev.gatun.hub.Overrides;
import dev.gatun.memory.Region;
import dev.gatun.train.Evaluation;
import dev.gatun.train.LoadedModel;
import dev.gatun.train.ModelEvaluation;
import dev.gatun.train.RunConfig;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gatun eval MODEL_DIR|CONFIG --data FILE}: loss, accuracy and what follows from them. */
@Command(
    name = "eval",
    description = "Scores a model on texts: loss, accuracy, perplexity, bits per byte.",
    mixinStandardHelpOptions = true)
final class EvalCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "MODEL",
      description =
          "A model or adapter folder, or the configuration of the run that wrote one: its data"
              + " section then says how texts are read.")
  private String model = "";

  @Option(
      names = "--data",
      paramLabel = "FILE",
      required = true,
      description = "Texts to score with, in any form that training takes.")
  private String data = "";

  @Mixin private final ModelOptions options = new ModelOptions();

  @Mixin private final ThreadsOption threads = new ThreadsOption();

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Changes a key of the data section, for example --set context_length=256.")
  private List<String> overrides = List.of();

  @Option(
      names = "--batch-size",
      defaultValue = "8",
      description = "Rows to compute together (default: ${DEFAULT-VALUE}).")
  private int batchSize;

  @Mixin private final JsonOption json = new JsonOption();

  @Override
  public Integer call() {
    threads.use();
    boolean isFolder = Files.isDirectory(Path.of(model));
    if (!isFolder && !model.endsWith(".json")) {
      throw new ConfigurationException(
          model + ": is neither a folder nor a run configuration in JSON");
    }
    ObjectNode run = isFolder ? Json.object() : ConfigFiles.read(model);
    Path folder = isFolder ? Path.of(model) : RunConfig.read(model, run, List.of()).outputDir();
    try (Region region = new Region("model")) {
      LoadedModel loaded = options.load(folder, region, spec.commandLine().getErr());
      print(
          ModelEvaluation.of(
              loaded, isFolder ? "data" : model + ": data", section(run, loaded), batchSize));
    }
    return ExitCode.OK.code();
  }

  /** The section {@code data} of a run, reading the file that was named. */
  private ObjectNode section(ObjectNode run, LoadedModel loaded) {
    ObjectNode section =
        run.get("data") instanceof ObjectNode given ? given.deepCopy() : Json.object();
    for (String other : List.of("generated", "validation_file", "validation_split")) {
      section.remove(other);
    }
    section.put("train_file", data);
    if (!section.has("context_length")) {
      section.put("context_length", Math.min(512, loaded.model().config().maxPositionEmbeddings()));
    }
    Overrides.apply(section, overrides);
    return section;
  }

  private void print(Evaluation evaluation) {
    PrintWriter out = spec.commandLine().getOut();
    if (json.isChosen()) {
      ObjectNode object = Json.object();
      evaluation.metrics().forEach(object::put);
      out.print(Json.format(object.put("target_tokens", evaluation.targets())));
      return;
    }
    out.printf(Locale.ROOT, "%-20s %,d%n", "target_tokens", evaluation.targets());
    evaluation
        .metrics()
        .forEach((name, value) -> out.printf(Locale.ROOT, "%-20s %.6f%n", name, value));
  }
}
