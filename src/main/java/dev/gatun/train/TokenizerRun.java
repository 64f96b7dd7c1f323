package dev.gatun.train;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.core.ConfigurationException;
import dev.gatun.hub.Json;
import dev.gatun.hub.JsonFields;
import dev.gatun.hub.Overrides;
import dev.gatun.hub.TokenizerFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The first part of a run by itself: a tokenizer trained on the run's text. */
public final class TokenizerRun {
  private TokenizerRun() {}

  /**
   * Trains what the configuration's {@code tokenizer} describes and writes it.
   *
   * @param origin what messages call the configuration
   */
  public static TokenizerFolder train(
      String origin, ObjectNode object, List<String> overrides, Path output) {
    RunConfig config = RunConfig.read(origin, object, overrides);
    if (!(config.tokenizer() instanceof TokenizerConfig.Train train)) {
      throw new ConfigurationException(
          origin
              + ": tokenizer.path names a tokenizer that exists; give type and vocab_size instead");
    }
    TokenizerFolder tokenizer =
        config.named(
            () -> {
              Texts texts = Texts.of(config.data(), config.training().seed());
              return TokenizerSetup.train(train, texts::forEach);
            });
    write(tokenizer, output);
    return tokenizer;
  }

  /**
   * Trains on texts that stream by.
   *
   * @param settings keys of the object {@code tokenizer}, each {@code key=value}
   */
  public static TokenizerFolder train(
      List<String> settings, TokenizerSetup.TextSource texts, Path output) {
    TokenizerFolder tokenizer = trained(settings, texts);
    write(tokenizer, output);
    return tokenizer;
  }

  /** The same without writing it. */
  public static TokenizerFolder trained(List<String> settings, TokenizerSetup.TextSource texts) {
    ObjectNode object = Json.object();
    Overrides.apply(object, settings);
    JsonFields fields = JsonFields.ofConfiguration("--set", object);
    TokenizerConfig.Train config = TokenizerConfig.train(fields);
    fields.rejectUnknown();
    return TokenizerSetup.train(config, texts);
  }

  private static void write(TokenizerFolder tokenizer, Path output) {
    try {
      Files.createDirectories(output);
    } catch (IOException e) {
      throw new ConfigurationException("--output: " + output + " cannot be made: " + e, e);
    }
    tokenizer.write(output);
  }
}
