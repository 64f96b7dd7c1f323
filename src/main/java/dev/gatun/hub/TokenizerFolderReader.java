package dev.gatun.hub;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.core.DataException;
import dev.gatun.hub.TokenizerFolder.Role;
import dev.gatun.token.AddedToken;
import dev.gatun.token.Tokenizer;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/** Brings the files of a tokenizer folder together. */
final class TokenizerFolderReader {
  private static final String ADDITIONAL = "additional_special_tokens";

  private final JsonFields config;
  private final JsonFields specialTokens;
  private final Tokenizer tokenizer;
  private final Tokenizer.Builder builder;

  private TokenizerFolderReader(Path folder, Path file) {
    config = fields(folder.resolve(TokenizerFolder.CONFIG_FILE));
    specialTokens = fields(folder.resolve(TokenizerFolder.SPECIAL_TOKENS_FILE));
    tokenizer = TokenizerJson.read(file);
    builder = tokenizer.toBuilder();
  }

  static TokenizerFolder read(Path path) {
    boolean isFile = Files.isRegularFile(path);
    Path folder = isFile ? path.resolveSibling("") : path;
    Path file = isFile ? path : path.resolve(TokenizerFolder.TOKENIZER_FILE);
    TokenizerFolderReader reader = new TokenizerFolderReader(folder, file);
    reader.addDeclaredTokens();
    Map<Role, String> roles = reader.roles();
    List<String> additional = reader.additional();
    ObjectNode config = reader.config.node().deepCopy();
    chatTemplate(folder, reader.config).ifPresent(text -> config.put("chat_template", text));
    TokenizerFolder result = new TokenizerFolder(reader.builder.build(), roles, additional, config);
    result.modelMaxLength();
    result.cleanUpTokenizationSpaces();
    return result;
  }

  private static JsonFields fields(Path file) {
    return Files.exists(file)
        ? JsonFields.ofData(file)
        : JsonFields.ofData(file.toString(), Json.object());
  }

  /** Tokens that only {@code tokenizer_config.json} lists, under their ids. */
  private void addDeclaredTokens() {
    Optional<JsonFields> declared = config.object("added_tokens_decoder");
    if (declared.isEmpty()) {
      return;
    }
    TreeMap<Integer, JsonFields> byId = new TreeMap<>();
    for (Map.Entry<String, JsonNode> entry : declared.get().node().properties()) {
      String key = entry.getKey();
      if (!key.matches("[0-9]{1,9}")) {
        throw declared.get().error(key, "must be an id");
      }
      byId.put(
          Integer.valueOf(key),
          declared.get().object(key).orElseThrow(() -> declared.get().error(key, "is null")));
    }
    byId.forEach(this::addDeclared);
  }

  private void addDeclared(int id, JsonFields fields) {
    AddedToken token = token(fields, fields.flag("special", false));
    if (tokenizer.isAdded(token.content())) {
      return;
    }
    int given = add(fields, "content", token);
    if (given != id) {
      throw fields.error(
          "content",
          "%s would get the id %d by tokenizer.json".formatted(Quoted.of(token.content()), given));
    }
  }

  private Map<Role, String> roles() {
    Map<Role, String> roles = new EnumMap<>(Role.class);
    for (Role role : Role.values()) {
      JsonFields source = config.has(role.key()) ? config : specialTokens;
      if (source.has(role.key())) {
        roles.put(role, special(source, role.key(), required(source, role.key())));
      }
    }
    return roles;
  }

  private List<String> additional() {
    JsonFields source = config.has(ADDITIONAL) ? config : specialTokens;
    List<String> tokens = new ArrayList<>();
    if (source.has(ADDITIONAL)) {
      JsonNode list = required(source, ADDITIONAL);
      if (!list.isArray()) {
        throw source.error(ADDITIONAL, "must be a list, but is " + Json.kind(list));
      }
      for (JsonNode value : list) {
        tokens.add(special(source, ADDITIONAL + "[" + tokens.size() + "]", value));
      }
    }
    return tokens;
  }

  /** A token, as a text or as an object with flags; it is made an added token if it is none. */
  private String special(JsonFields source, String place, JsonNode value) {
    AddedToken token =
        switch (value) {
          case ObjectNode object -> token(source.at(place, object), true);
          default -> {
            if (!value.isTextual() || value.textValue().isEmpty()) {
              throw source.error(place, "must be a token, but is " + Json.kind(value));
            }
            yield AddedToken.special(value.textValue());
          }
        };
    if (!tokenizer.isAdded(token.content())) {
      add(source, place, token);
    }
    return token.content();
  }

  private int add(JsonFields source, String place, AddedToken token) {
    return JsonElement.checked(source, place, () -> builder.add(token));
  }

  private static AddedToken token(JsonFields fields, boolean special) {
    return JsonElement.checked(
        fields,
        "content",
        () ->
            new AddedToken(
                fields.text("content"),
                fields.flag("single_word", false),
                fields.flag("lstrip", false),
                fields.flag("rstrip", false),
                fields.flag("normalized", !special),
                special));
  }

  /** From its own file, or from the configuration: one text, or several of which one is default. */
  private static Optional<String> chatTemplate(Path folder, JsonFields config) {
    Path file = folder.resolve(TokenizerFolder.CHAT_TEMPLATE_FILE);
    if (Files.exists(file)) {
      return Optional.of(text(file));
    }
    JsonNode value = config.node().get("chat_template");
    if (value == null || !value.isArray()) {
      return config.optionalText("chat_template");
    }
    return config.objects("chat_template").stream()
        .filter(template -> template.text("name").equals("default"))
        .findFirst()
        .map(template -> template.text("template"));
  }

  /** The template of a folder, or that which a file is. */
  static String chatTemplate(Path path) {
    if (!Files.isDirectory(path)) {
      return text(path);
    }
    return chatTemplate(path, fields(path.resolve(TokenizerFolder.CONFIG_FILE)))
        .orElseThrow(
            () ->
                new DataException(
                    "%s: has no chat template, neither in %s nor in %s"
                        .formatted(
                            path,
                            TokenizerFolder.CHAT_TEMPLATE_FILE,
                            TokenizerFolder.CONFIG_FILE)));
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (NoSuchFileException e) {
      throw new DataException(file + ": there is no such file", e);
    } catch (CharacterCodingException e) {
      throw new DataException(file + ": is not UTF-8", e);
    } catch (IOException e) {
      throw new DataException("%s: cannot be read: %s".formatted(file, e.getMessage()), e);
    }
  }

  private static JsonNode required(JsonFields source, String key) {
    return Objects.requireNonNull(source.node().get(key), key);
  }
}
