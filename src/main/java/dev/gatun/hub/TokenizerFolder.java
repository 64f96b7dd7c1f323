package dev.gatun.hub;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.core.DataException;
import dev.gatun.token.AddedToken;
import dev.gatun.token.ChatTemplate;
import dev.gatun.token.CleanUp;
import dev.gatun.token.Tokenizer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A tokenizer and the part its tokens play in a model, as the transformers library keeps them in a
 * folder: {@code tokenizer.json}, {@code tokenizer_config.json}, {@code special_tokens_map.json}.
 *
 * <p>Immutable; the {@code with} methods return changed copies. Keys of {@code
 * tokenizer_config.json} that mean nothing here are kept and written again.
 */
public final class TokenizerFolder {
  static final String TOKENIZER_FILE = "tokenizer.json";
  static final String CONFIG_FILE = "tokenizer_config.json";
  static final String SPECIAL_TOKENS_FILE = "special_tokens_map.json";
  static final String CHAT_TEMPLATE_FILE = "chat_template.jinja";

  /** What a token stands for. */
  public enum Role {
    BOS("bos_token"),
    EOS("eos_token"),
    PAD("pad_token"),
    UNK("unk_token");

    private final String key;

    Role(String key) {
      this.key = key;
    }

    /** The key in both JSON files. */
    String key() {
      return key;
    }
  }

  private final Tokenizer tokenizer;
  private final Map<Role, String> roles;
  private final List<String> additionalSpecialTokens;
  private final ObjectNode config;

  TokenizerFolder(
      Tokenizer tokenizer, Map<Role, String> roles, List<String> additional, ObjectNode config) {
    this.tokenizer = tokenizer;
    this.roles = Map.copyOf(roles);
    this.additionalSpecialTokens = List.copyOf(additional);
    this.config = config;
  }

  /** A tokenizer whose tokens play no part yet. */
  public static TokenizerFolder of(Tokenizer tokenizer) {
    ObjectNode config =
        Json.object()
            .put("clean_up_tokenization_spaces", false)
            .put("tokenizer_class", "PreTrainedTokenizerFast");
    return new TokenizerFolder(tokenizer, Map.of(), List.of(), config);
  }

  /**
   * A tokenizer in which one token begins, ends and fills texts, as in GPT-2 and its like; without
   * a token, no part is played.
   */
  public static TokenizerFolder of(Tokenizer tokenizer, Optional<String> endOfText) {
    TokenizerFolder folder = of(tokenizer);
    if (endOfText.isEmpty()) {
      return folder;
    }
    return folder
        .withToken(Role.BOS, endOfText.get())
        .withToken(Role.EOS, endOfText.get())
        .withToken(Role.PAD, endOfText.get());
  }

  /**
   * Reads a folder, or the folder of a {@code tokenizer.json} that is named itself. The other files
   * may be absent. A token that has a part and is not yet an added token becomes one, as in
   * transformers.
   *
   * @throws DataException if a file cannot be honoured
   */
  public static TokenizerFolder read(Path path) {
    return TokenizerFolderReader.read(path);
  }

  /**
   * The chat template of a folder with a tokenizer, or in a Jinja file.
   *
   * @throws DataException if there is none
   */
  public static String chatTemplate(Path path) {
    return TokenizerFolderReader.chatTemplate(path);
  }

  /** Whether a folder has a tokenizer. */
  public static boolean isIn(Path folder) {
    return Files.isRegularFile(folder.resolve(TOKENIZER_FILE));
  }

  /** Writes the three files. */
  public void write(Path folder) {
    TokenizerJson.write(folder.resolve(TOKENIZER_FILE), tokenizer);
    Json.write(folder.resolve(CONFIG_FILE), Json.sorted(configNode()));
    Json.write(folder.resolve(SPECIAL_TOKENS_FILE), Json.sorted(specialTokensNode()));
  }

  public Tokenizer tokenizer() {
    return tokenizer;
  }

  /** The token that plays a part. */
  public Optional<String> token(Role role) {
    return Optional.ofNullable(roles.get(role));
  }

  /** The id of the token that plays a part. */
  public OptionalInt id(Role role) {
    String token = roles.get(role);
    return token == null ? OptionalInt.empty() : tokenizer.id(token);
  }

  /** The id of the token that begins a text. */
  public OptionalInt bosTokenId() {
    return id(Role.BOS);
  }

  /** The id of the token that ends a text. */
  public OptionalInt eosTokenId() {
    return id(Role.EOS);
  }

  /** The id of the token that fills short rows. */
  public OptionalInt padTokenId() {
    return id(Role.PAD);
  }

  /** Special tokens without a part of their own, such as the marks of a chat. */
  public List<String> additionalSpecialTokens() {
    return additionalSpecialTokens;
  }

  /** The longest row that the model was made for, in tokens; empty where there is no limit. */
  public OptionalInt modelMaxLength() {
    double length = fields().number("model_max_length", Double.MAX_VALUE);
    return length > Integer.MAX_VALUE ? OptionalInt.empty() : OptionalInt.of((int) length);
  }

  /** The Jinja template that makes a prompt of a conversation. */
  public Optional<String> chatTemplate() {
    return fields().optionalText("chat_template");
  }

  /**
   * The chat template, ready to make prompts, with the special tokens it may ask for.
   *
   * @throws DataException that names the file and the line of what is wrong in it
   */
  public Optional<ChatTemplate> chat() {
    Map<String, Object> specialTokens = new HashMap<>();
    roles.forEach((role, token) -> specialTokens.put(role.key(), token));
    specialTokens.put("additional_special_tokens", additionalSpecialTokens);
    return chatTemplate()
        .map(
            source -> {
              try {
                return ChatTemplate.of(source, specialTokens);
              } catch (DataException e) {
                throw new DataException(CONFIG_FILE + ": " + e.getMessage(), e);
              }
            });
  }

  /** Whether {@link #decode} takes out spaces before English punctuation; false if not stated. */
  public boolean cleanUpTokenizationSpaces() {
    return fields().flag("clean_up_tokenization_spaces", false);
  }

  /** The text of ids, cleaned up if the folder says so: {@code tokenizer.decode} there. */
  public String decode(int[] ids, boolean skipSpecialTokens) {
    String text = tokenizer.decode(ids, skipSpecialTokens);
    return cleanUpTokenizationSpaces() ? CleanUp.apply(text) : text;
  }

  /** A copy in which a token plays a part; it becomes a special token if it is none. */
  public TokenizerFolder withToken(Role role, String token) {
    Map<Role, String> changed = new EnumMap<>(Role.class);
    changed.putAll(roles);
    changed.put(role, token);
    return new TokenizerFolder(
        withSpecial(List.of(token)), changed, additionalSpecialTokens, config);
  }

  /** A copy with further special tokens, which get the next ids if they are new. */
  public TokenizerFolder withAdditionalSpecialTokens(List<String> tokens) {
    List<String> all = new ArrayList<>(additionalSpecialTokens);
    tokens.stream().filter(token -> !all.contains(token)).forEach(all::add);
    return new TokenizerFolder(withSpecial(tokens), roles, all, config);
  }

  /** A copy with a limit on rows, in tokens. */
  public TokenizerFolder withModelMaxLength(int length) {
    ObjectNode changed = config.deepCopy().put("model_max_length", length);
    return new TokenizerFolder(tokenizer, roles, additionalSpecialTokens, changed);
  }

  /** A copy with a chat template. */
  public TokenizerFolder withChatTemplate(String template) {
    ObjectNode changed = config.deepCopy().put("chat_template", template);
    return new TokenizerFolder(tokenizer, roles, additionalSpecialTokens, changed);
  }

  /** A copy that cleans up what it decodes, or does not. */
  public TokenizerFolder withCleanUpTokenizationSpaces(boolean cleanUp) {
    ObjectNode changed = config.deepCopy().put("clean_up_tokenization_spaces", cleanUp);
    return new TokenizerFolder(tokenizer, roles, additionalSpecialTokens, changed);
  }

  private Tokenizer withSpecial(List<String> tokens) {
    Tokenizer.Builder builder = tokenizer.toBuilder();
    tokens.stream()
        .filter(token -> !tokenizer.isAdded(token))
        .forEach(token -> builder.add(AddedToken.special(token)));
    return builder.build();
  }

  private JsonFields fields() {
    return JsonFields.ofData(CONFIG_FILE, config);
  }

  private ObjectNode configNode() {
    ObjectNode node = config.deepCopy();
    ObjectNode decoder = node.putObject("added_tokens_decoder");
    tokenizer
        .addedTokens()
        .forEach(
            (id, token) ->
                decoder.set(Integer.toString(id), flags(token).put("special", token.special())));
    if (!additionalSpecialTokens.isEmpty()) {
      ArrayNode additional = node.putArray("additional_special_tokens");
      additionalSpecialTokens.forEach(additional::add);
    }
    roles.forEach((role, token) -> node.put(role.key(), token));
    return node;
  }

  private ObjectNode specialTokensNode() {
    ObjectNode node = Json.object();
    if (!additionalSpecialTokens.isEmpty()) {
      ArrayNode additional = node.putArray("additional_special_tokens");
      tokenizer.addedTokens().values().stream()
          .filter(token -> additionalSpecialTokens.contains(token.content()))
          .forEach(token -> additional.add(flags(token)));
    }
    roles.forEach((role, token) -> node.put(role.key(), token));
    return node;
  }

  private static ObjectNode flags(AddedToken token) {
    return Json.object()
        .put("content", token.content())
        .put("lstrip", token.lstrip())
        .put("normalized", token.normalized())
        .put("rstrip", token.rstrip())
        .put("single_word", token.singleWord());
  }
}
