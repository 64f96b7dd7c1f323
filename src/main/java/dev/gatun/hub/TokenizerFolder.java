package dev.gatun.hub;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.core.DataException;
import dev.gatun.token.AddedToken;
import dev.gatun.token.Tokenizer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A tokenizer as transformers keeps it in a folder: {@code tokenizer.json}, and in {@code
 * tokenizer_config.json} and {@code special_tokens_map.json} which of its tokens begins, ends and
 * fills a text. Keys of the configuration that mean nothing here are kept.
 */
public final class TokenizerFolder {
  private static final String TOKENIZER = "tokenizer.json";
  private static final String CONFIG = "tokenizer_config.json";
  private static final String SPECIAL = "special_tokens_map.json";

  private final Tokenizer tokenizer;
  private final ObjectNode config;

  private TokenizerFolder(Tokenizer tokenizer, ObjectNode config) {
    this.tokenizer = tokenizer;
    this.config = config;
  }

  /** A new tokenizer whose texts begin, end and are filled with one token, as in the recipe. */
  public static TokenizerFolder of(Tokenizer tokenizer, Optional<String> endOfText) {
    ObjectNode config = Json.object();
    ObjectNode added = config.putObject("added_tokens_decoder");
    for (Map.Entry<Integer, AddedToken> entry : tokenizer.addedTokens().entrySet()) {
      AddedToken token = entry.getValue();
      added
          .putObject(Integer.toString(entry.getKey()))
          .put("content", token.content())
          .put("lstrip", token.lstrip())
          .put("normalized", token.normalized())
          .put("rstrip", token.rstrip())
          .put("single_word", token.singleWord())
          .put("special", token.special());
    }
    for (String role : new String[] {"bos_token", "eos_token", "pad_token"}) {
      endOfText.ifPresent(token -> config.put(role, token));
    }
    config.put("clean_up_tokenization_spaces", false);
    config.put("tokenizer_class", "PreTrainedTokenizerFast");
    return new TokenizerFolder(tokenizer, config);
  }

  /**
   * Reads a folder, or a {@code tokenizer.json} by itself.
   *
   * @throws DataException if a file is broken, or names a token that the tokenizer does not have
   */
  public static TokenizerFolder read(Path path) {
    Path folder = Files.isDirectory(path) ? path : path.resolveSibling("");
    Path file = Files.isDirectory(path) ? path.resolve(TOKENIZER) : path;
    ObjectNode config = Json.object();
    for (String name : new String[] {SPECIAL, CONFIG}) {
      if (Files.exists(folder.resolve(name))) {
        config.setAll(Json.readObject(folder.resolve(name)));
      }
    }
    TokenizerFolder read = new TokenizerFolder(TokenizerJson.read(file), config);
    for (String role : new String[] {"bos_token", "eos_token", "pad_token"}) {
      Optional<String> token = read.token(role);
      if (token.isPresent() && read.tokenizer.id(token.get()).isEmpty()) {
        throw new DataException(
            "%s: %s is \"%s\", which %s does not have"
                .formatted(folder.resolve(CONFIG), role, token.get(), TOKENIZER));
      }
    }
    return read;
  }

  /** Writes the three files. */
  public void write(Path folder) {
    TokenizerJson.write(folder.resolve(TOKENIZER), tokenizer);
    Json.write(folder.resolve(CONFIG), config);
    ObjectNode special = Json.object();
    for (String role : new String[] {"bos_token", "eos_token", "pad_token", "unk_token"}) {
      token(role).ifPresent(token -> special.put(role, token));
    }
    if (config.has("additional_special_tokens")) {
      special.set("additional_special_tokens", config.get("additional_special_tokens"));
    }
    Json.write(folder.resolve(SPECIAL), special);
  }

  public Tokenizer tokenizer() {
    return tokenizer;
  }

  /** The id of the token that begins a text. */
  public OptionalInt bosTokenId() {
    return id("bos_token");
  }

  /** The id of the token that ends a text. */
  public OptionalInt eosTokenId() {
    return id("eos_token");
  }

  /** The id of the token that fills short rows. */
  public OptionalInt padTokenId() {
    return id("pad_token");
  }

  private OptionalInt id(String role) {
    Optional<String> token = token(role);
    return token.isPresent() ? tokenizer.id(token.get()) : OptionalInt.empty();
  }

  /** A role's token: its text, or an object that describes it. */
  private Optional<String> token(String role) {
    JsonNode value = config.path(role);
    JsonNode content = value.isObject() ? value.path("content") : value;
    return content.isTextual() ? Optional.of(content.textValue()) : Optional.empty();
  }
}
