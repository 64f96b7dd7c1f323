package dev.gatun.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.core.ConfigurationException;
import dev.gatun.generate.GenerationConfig;
import dev.gatun.generate.TextGenerator;
import dev.gatun.hub.Json;
import dev.gatun.hub.TokenizerFolder;
import dev.gatun.memory.Region;
import dev.gatun.train.LoadedModel;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code gatun generate MODEL_DIR}: continues prompts. */
@Command(
    name = "generate",
    description = "Continues prompts with a model.",
    mixinStandardHelpOptions = true)
final class Generate implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private GenerationOptions options;

  @Option(names = "--prompt", description = "A text to continue; may be given more than once.")
  private List<String> prompts = List.of();

  @Option(
      names = "--prompt-file",
      paramLabel = "FILE",
      description = "A UTF-8 file with a prompt in each line, - for stdin.")
  private @Nullable String promptFile;

  @Option(
      names = "--batch-size",
      defaultValue = "8",
      description = "How many prompts to continue together (default: ${DEFAULT-VALUE}).")
  private int batchSize;

  @Option(
      names = "--skip-special-tokens",
      arity = "1",
      defaultValue = "true",
      description = "Leave special tokens out of texts (default: ${DEFAULT-VALUE}).")
  private boolean skipSpecialTokens;

  @Option(
      names = "--json",
      description =
          "Print one JSON object: ids of prompt and new text, and text; of several texts, a list"
              + " of such objects under \"sequences\".")
  private boolean json;

  @Override
  public Integer call() {
    List<String> all = allPrompts();
    try (Devices devices = options.open();
        Region region = new Region("model", devices.storage())) {
      LoadedModel loaded = options.load(region);
      TokenizerFolder tokenizer = loaded.tokenizer();
      GenerationConfig config = options.config(loaded, tokenizer);
      TextGenerator generator =
          new TextGenerator(loaded.model(), tokenizer.tokenizer(), skipSpecialTokens);
      if (!json && all.size() == 1 && config.numReturnSequences() == 1) {
        stream(generator, all.getFirst(), config);
      } else {
        print(batches(generator, all, config));
      }
    }
    return ExitCode.OK.code();
  }

  private List<String> allPrompts() {
    List<String> all = new ArrayList<>(prompts);
    if (promptFile != null) {
      TextFiles.read(promptFile).lines().filter(line -> !line.isBlank()).forEach(all::add);
    }
    if (all.isEmpty()) {
      throw new ConfigurationException(
          "there is no prompt: give --prompt TEXT, or --prompt-file with a prompt in each line");
    }
    if (batchSize < 1) {
      throw new ConfigurationException("--batch-size must be above 0, but is " + batchSize);
    }
    return all;
  }

  /** One text, shown as it grows. */
  private void stream(TextGenerator generator, String prompt, GenerationConfig config) {
    PrintWriter out = spec.commandLine().getOut();
    out.print(prompt);
    generator.generate(
        prompt,
        config,
        piece -> {
          out.print(piece);
          out.flush();
        });
    out.println();
  }

  private List<TextGenerator.Continuation> batches(
      TextGenerator generator, List<String> all, GenerationConfig config) {
    List<TextGenerator.Continuation> results = new ArrayList<>();
    for (int from = 0; from < all.size(); from += batchSize) {
      int to = Math.min(all.size(), from + batchSize);
      results.addAll(generator.generate(all.subList(from, to), from, config));
    }
    return results;
  }

  private void print(List<TextGenerator.Continuation> results) {
    PrintWriter out = spec.commandLine().getOut();
    if (!json) {
      results.forEach(result -> out.println(result.text()));
    } else if (results.size() == 1) {
      out.print(Json.format(toJson(results.getFirst())));
    } else {
      ObjectNode object = Json.object();
      ArrayNode sequences = object.putArray("sequences");
      results.forEach(result -> sequences.add(toJson(result)));
      out.print(Json.format(object));
    }
  }

  private static ObjectNode toJson(TextGenerator.Continuation result) {
    ObjectNode object = Json.object();
    ArrayNode ids = object.putArray("ids");
    for (int id : result.promptIds()) {
      ids.add(id);
    }
    for (int id : result.newIds()) {
      ids.add(id);
    }
    object.put("text", result.text());
    return object;
  }
}
