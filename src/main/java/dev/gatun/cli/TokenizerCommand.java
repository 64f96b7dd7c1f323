package dev.gatun.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.core.ConfigurationException;
import dev.gatun.hub.Json;
import dev.gatun.hub.TokenizerFolder;
import dev.gatun.token.Encoding;
import dev.gatun.train.TokenizerRun;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gatun tokenizer train|encode|decode}. */
@Command(
    name = "tokenizer",
    description = "Trains and applies tokenizers.",
    mixinStandardHelpOptions = true)
final class TokenizerCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "say what to do: tokenizer train, encode or decode");
  }

  @Command(
      name = "train",
      description = {
        "Trains a tokenizer and saves it: on the text of a run configuration,",
        "or on text files, which stream by and may be larger than the memory."
      },
      mixinStandardHelpOptions = true)
  int train(
      @Parameters(paramLabel = "CONFIG", arity = "0..1", description = "The run configuration.")
          String config,
      @Option(
              names = "--text-file",
              paramLabel = "FILE",
              description = "A UTF-8 file to train on; may be given more than once.")
          List<Path> textFiles,
      @Option(names = "--output", required = true, description = "The folder to write.")
          Path output,
      @Option(
              names = "--set",
              paramLabel = "KEY=VALUE",
              description = {
                "Changes a key of the configuration; with text files: type (byte_level_bpe, bpe,",
                "byte_fallback_bpe, characters), vocab_size, min_frequency, special_tokens."
              })
          List<String> overrides) {
    List<String> changes = overrides == null ? List.of() : overrides;
    if ((config == null) == (textFiles == null)) {
      throw new ConfigurationException(
          "say what to train on: a run configuration, or one or more --text-file");
    }
    TokenizerFolder tokenizer =
        config != null
            ? TokenizerRun.train(config, ConfigFiles.read(config), changes, output)
            : TokenizerRun.train(
                changes, consumer -> TextFiles.forEach(textFiles, consumer), output);
    out()
        .printf(
            "saved a tokenizer of %,d tokens to %s%n", tokenizer.tokenizer().vocabSize(), output);
    return ExitCode.OK.code();
  }

  @Command(
      name = "encode",
      description = "Turns text into token ids, printed as one JSON object.",
      mixinStandardHelpOptions = true)
  int encode(
      @Option(names = "--tokenizer", required = true, description = "Folder or tokenizer.json.")
          Path tokenizer,
      @Option(names = "--text-file", required = true, description = "A UTF-8 file, - for stdin.")
          String textFile,
      @Option(names = "--no-special-tokens", description = "Leave out what the template adds.")
          boolean noSpecialTokens,
      @Option(names = "--json", description = "As other verbs have it; there is no other form.")
          boolean json) {
    Encoding encoding =
        TokenizerFolder.read(tokenizer)
            .tokenizer()
            .encode(TextFiles.read(textFile), !noSpecialTokens);
    ObjectNode object = Json.object();
    ArrayNode ids = object.putArray("ids");
    ArrayNode tokens = object.putArray("tokens");
    ArrayNode offsets = object.putArray("offsets");
    for (int i = 0; i < encoding.size(); i++) {
      ids.add(encoding.id(i));
      tokens.add(encoding.tokens().get(i));
      offsets.addArray().add(encoding.start(i)).add(encoding.end(i));
    }
    out().print(Json.format(object));
    return ExitCode.OK.code();
  }

  @Command(
      name = "decode",
      description = "Turns token ids into text.",
      mixinStandardHelpOptions = true)
  int decode(
      @Option(names = "--tokenizer", required = true, description = "Folder or tokenizer.json.")
          Path tokenizer,
      @Option(names = "--ids", required = true, description = "Ids, separated by commas.")
          String ids,
      @Option(names = "--skip-special-tokens", description = "Leave out special tokens.")
          boolean skipSpecialTokens,
      @Option(names = "--json", description = "Print one JSON object.") boolean json) {
    String text = TokenizerFolder.read(tokenizer).decode(ids(ids), skipSpecialTokens);
    if (json) {
      out().print(Json.format(Json.object().put("text", text)));
    } else {
      out().println(text);
    }
    return ExitCode.OK.code();
  }

  private PrintWriter out() {
    return spec.commandLine().getOut();
  }

  private static int[] ids(String list) {
    try {
      return Arrays.stream(list.split("[,\\s]+"))
          .filter(id -> !id.isEmpty())
          .mapToInt(Integer::parseInt)
          .toArray();
    } catch (NumberFormatException e) {
      throw new ConfigurationException(
          "--ids: " + e.getMessage() + "; write numbers separated by commas", e);
    }
  }
}
