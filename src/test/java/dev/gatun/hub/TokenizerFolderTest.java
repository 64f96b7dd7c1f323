package dev.gatun.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.core.DataException;
import dev.gatun.hub.TokenizerFolder.Role;
import dev.gatun.token.CharacterVocabulary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TokenizerFolderTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  @TempDir Path folder;

  /** The keys and values that transformers 4.44 wrote, but for the order of keys. */
  @Test
  void writesWhatTransformersWrites() throws IOException {
    Path golden = SharedFiles.require("golden/tokenizers/blog_hashbpe_added");
    TokenizerFolder.read(golden).write(folder);
    for (String file : List.of("tokenizer_config.json", "special_tokens_map.json")) {
      assertEquals(
          MAPPER.readTree(golden.resolve(file).toFile()),
          MAPPER.readTree(folder.resolve(file).toFile()),
          file);
    }
  }

  @Test
  void knowsThePartsOfTokens() {
    TokenizerFolder read =
        TokenizerFolder.read(SharedFiles.require("golden/tokenizers/blog_hashbpe_added"));
    assertEquals(Optional.of("<|endoftext|>"), read.token(Role.PAD));
    assertEquals(OptionalInt.of(0), read.id(Role.EOS));
    assertEquals(Optional.empty(), read.token(Role.UNK));
    assertEquals(
        List.of("<|prompt|>", "<|assistant|>", "<|endofanswer|>"), read.additionalSpecialTokens());
    assertEquals(OptionalInt.empty(), read.modelMaxLength());
    assertTrue(read.cleanUpTokenizationSpaces());
    assertEquals(Optional.empty(), read.chatTemplate());
  }

  @Test
  void addsTokensBehindTheVocabulary() {
    TokenizerFolder changed =
        characters()
            .withToken(Role.EOS, "</s>")
            .withAdditionalSpecialTokens(List.of("<|user|>", "a"))
            .withModelMaxLength(512)
            .withChatTemplate("{{ messages }}");
    changed.write(folder);
    TokenizerFolder read = TokenizerFolder.read(folder);
    assertEquals(OptionalInt.of(3), read.id(Role.EOS));
    assertEquals(OptionalInt.of(4), read.tokenizer().id("<|user|>"));
    assertEquals(OptionalInt.of(0), read.tokenizer().id("a"));
    assertTrue(read.tokenizer().isSpecial(0));
    assertEquals(OptionalInt.of(512), read.modelMaxLength());
    assertEquals(Optional.of("{{ messages }}"), read.chatTemplate());
    assertEquals(
        "bc</s>", read.decode(read.tokenizer().encodeIds("abc</s>", true), false).substring(1));
  }

  /** A token with a part that the tokenizer lacks gets the next id, as in transformers. */
  @Test
  void addsTheTokensThatOnlyTheConfigurationNames() throws IOException {
    characters().write(folder);
    Files.delete(folder.resolve("special_tokens_map.json"));
    ObjectNode config = Json.object().put("bos_token", "<s>");
    config.putObject("pad_token").put("content", "<pad>").put("__type", "AddedToken");
    Json.write(folder.resolve("tokenizer_config.json"), config);
    TokenizerFolder read = TokenizerFolder.read(folder);
    assertEquals(OptionalInt.of(3), read.id(Role.BOS));
    assertEquals(OptionalInt.of(4), read.id(Role.PAD));
    assertEquals(5, read.tokenizer().vocabSize());
  }

  @Test
  void keepsKeysThatMeanNothingHere() throws IOException {
    characters().write(folder);
    Json.write(
        folder.resolve("tokenizer_config.json"), Json.object().put("legacy", true).put("x", 1.5));
    TokenizerFolder.read(folder).write(folder);
    ObjectNode written = Json.readObject(folder.resolve("tokenizer_config.json"));
    assertTrue(written.get("legacy").booleanValue());
    assertEquals(1.5, written.get("x").doubleValue());
  }

  @Test
  void namesFileAndKeyOfWhatItRefuses() throws IOException {
    characters().write(folder);
    Path config = folder.resolve("tokenizer_config.json");
    for (String wrong :
        List.of(
            "{\"eos_token\": 3}",
            "{\"additional_special_tokens\": {\"a\": 1}}",
            "{\"model_max_length\": \"long\"}",
            "{\"added_tokens_decoder\": {\"9\": {\"content\": \"<x>\"}}}",
            "{\"added_tokens_decoder\": {\"x\": {\"content\": \"<x>\"}}}",
            "{\"clean_up_tokenization_spaces\": 1}")) {
      Files.writeString(config, wrong);
      DataException e =
          assertThrows(DataException.class, () -> TokenizerFolder.read(folder), wrong);
      String key = wrong.substring(2, wrong.indexOf('"', 2));
      assertTrue(e.toString().contains("tokenizer_config.json: " + key), e.toString());
    }
  }

  private static TokenizerFolder characters() {
    return TokenizerFolder.of(CharacterVocabulary.of(List.of("cab"), List.of(), null));
  }
}
