package dev.gatun.hub;

import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.gatun.core.Philox;
import dev.gatun.core.UserException;
import dev.gatun.token.AddedToken;
import dev.gatun.token.ChatTemplate;
import dev.gatun.token.Tokenizer;
import dev.gatun.token.TokenizerStyle;
import dev.gatun.train.GenerationConfigs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Damaged JSON files of a model folder are read or refused with a message that names the file:
 * never another exception, a hang, or a read outside of the folder.
 */
final class JsonFilesFuzzTest {
  private static final int EDITS = 200;

  private static final String[] VALUES = {
    "null",
    "true",
    "-1",
    "0",
    "1e999",
    "-0.0",
    "2147483648",
    "9223372036854775808",
    "1" + "0".repeat(380),
    "\"\"",
    "\"x\"",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "\"../../etc/passwd\"",
    "\"/etc/passwd\"",
    "\"..\\\\x.safetensors\"",
    "[]",
    "[[]]",
    "[null]",
    "{}",
    "{\"type\":\"X\"}",
    "[1,2,3]",
    "\"" + "a".repeat(5_000) + "\"",
    "[".repeat(60) + "]".repeat(60),
    "\"(\"",
    "\"(a*)*$\"",
    "\"{{ x\"",
    "\"BPE\"",
    "\"Sequence\"",
    "1",
    "3.5",
    "{\"a\":1,\"a\":2}"
  };

  private static final String[] PIECES = {
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    "\\ud800",
    "null",
    "-",
    "1e9",
    "\n",
    "/**/",
    "NaN",
    "\0",
    "é",
    "\uD83D\uDE00",
    "\"type\":",
    "\"id\":0,",
    "0x1",
    "'"
  };

  @TempDir Path folder;

  /** Reads a file of the folder as the program does, and uses what it read. */
  private interface Use {
    void read(Path folder);
  }

  /**
   * A file and what a message may call the place of an error in it: a shard has its own name, a
   * setting its section, a template its lines.
   */
  private record Target(String file, String valid, Use use, List<String> names) {
    Target(String file, String valid, Use use) {
      this(file, valid, use, List.of(file));
    }
  }

  @TestFactory
  Stream<DynamicTest> damagedFiles() throws IOException {
    prepare();
    return targets().stream()
        .flatMap(
            target ->
                Stream.of(
                    dynamicTest(target.file + " corpus", () -> all(target, corpus(target.valid))),
                    dynamicTest(target.file + " values", () -> all(target, values(target.valid))),
                    dynamicTest(target.file + " edits", () -> all(target, edits(target.valid)))));
  }

  private void prepare() throws IOException {
    Tokenizer.Builder tokens =
        TokenizerStyle.byteFallback("<unk>")
            .train(List.of("a few words, a few"), 300, 1, List.of("<unk>", "<s>"), _ -> {})
            .toBuilder();
    tokens.add(new AddedToken("[X]", true, true, false, true, false));
    TokenizerFolder.of(tokens.build())
        .withToken(TokenizerFolder.Role.EOS, "<s>")
        .withAdditionalSpecialTokens(List.of("<|a|>"))
        .withChatTemplate("{% for m in messages %}{{ m.content }}{{ eos_token }}{% endfor %}")
        .withModelMaxLength(64)
        .write(folder);
    Files.write(
        folder.resolve("a.safetensors"),
        SafetensorsBytes.of("{\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4));
  }

  private List<Target> targets() throws IOException {
    String config =
        """
        {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "vocab_size": 300,
        "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 64,
        "rope_theta": 10000.0, "rms_norm_eps": 1e-05, "hidden_act": "silu", "eos_token_id": [1, 2],
        "rope_scaling": {"rope_type": "linear", "factor": 2.0}, "tie_word_embeddings": false}
        """;
    String generation =
        """
        {"max_new_tokens": 8, "do_sample": true, "temperature": 0.5, "top_k": 5, "top_p": 0.9,
        "repetition_penalty": 1.5, "eos_token_id": [1, 2], "stop_strings": ["x"], "seed": 1}
        """;
    String index =
        """
        {"metadata": {"total_size": 4}, "weight_map": {"w": "a.safetensors"}}
        """;
    return List.of(
        new Target("config.json", config, at -> ModelConfigs.read(new HfDirectory(at))),
        new Target(
            "generation_config.json",
            generation,
            JsonFilesFuzzTest::useGeneration,
            List.of("generation_config.json", "generation.")),
        new Target(
            "model.safetensors.index.json",
            index,
            at -> ShardedSafetensors.open(at.resolve("model.safetensors.index.json")).close(),
            List.of("model.safetensors.index.json", "a.safetensors")),
        new Target("tokenizer.json", text("tokenizer.json"), JsonFilesFuzzTest::useTokenizer),
        new Target(
            "tokenizer_config.json",
            text("tokenizer_config.json"),
            JsonFilesFuzzTest::useTokenizer,
            List.of("tokenizer_config.json", "chat template: line")),
        new Target(
            "special_tokens_map.json",
            text("special_tokens_map.json"),
            JsonFilesFuzzTest::useTokenizer));
  }

  private static void useGeneration(Path folder) {
    String origin = folder.resolve("generation_config.json").toString();
    GenerationConfigs.read(
        JsonFields.ofConfiguration(
            origin, new HfDirectory(folder).generationConfig().orElseThrow()));
  }

  private static void useTokenizer(Path folder) {
    TokenizerFolder read = TokenizerFolder.read(folder);
    int[] ids = read.tokenizer().encode("a few [X] words 안녕<s>", true).ids();
    read.decode(ids, false);
    read.chat().ifPresent(chat -> chat.render(List.of(ChatTemplate.message("user", "x")), true));
  }

  private void all(Target target, List<byte[]> contents) {
    Path file = folder.resolve(target.file);
    try {
      assertTimeoutPreemptively(
          Duration.ofMinutes(2),
          () -> {
            int refused = 0;
            for (byte[] content : contents) {
              Files.write(file, content);
              refused += isRefused(target, content) ? 1 : 0;
            }
            assertTrue(refused > 0, "nothing was refused");
          });
    } finally {
      write(file, target.valid);
    }
    target.use.read(folder);
  }

  /** Whether the file is refused with a message that names it; anything else fails the test. */
  private boolean isRefused(Target target, byte[] content) {
    try {
      target.use.read(folder);
      return false;
    } catch (UserException e) {
      String message = String.valueOf(e.getMessage());
      assertTrue(
          target.names.stream().anyMatch(message::contains) && message.length() < 20_000,
          () -> message + "\nfor " + shown(content));
      return true;
    } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
      return fail("not refused but thrown for " + shown(content), e);
    }
  }

  /** What every reader of JSON must withstand. */
  private static List<byte[]> corpus(String valid) {
    List<String> texts = new ArrayList<>();
    for (int length = 0; length < valid.length(); length += Math.max(1, valid.length() / 60)) {
      texts.add(valid.substring(0, length));
    }
    texts.addAll(
        List.of(
            "[]",
            "1",
            "\"x\"",
            "null",
            valid + valid,
            valid + "}",
            "\uFEFF" + valid,
            "{\"a\":".repeat(100_000),
            "[".repeat(1_000_000),
            "{\"a\":" + "1".repeat(1_000_000) + "}",
            "{\"a\":1e" + "9".repeat(100) + "}",
            "{\"a\":\"" + "x".repeat(1_000_000),
            valid.replaceFirst("\\{", "{\"zz\":1,\"zz\":2,"),
            valid.replaceFirst("\\{", "{\"zz\":1e-99999,"),
            valid.replace('{', '[')));
    List<byte[]> contents = new ArrayList<>();
    texts.forEach(text -> contents.add(text.getBytes(StandardCharsets.UTF_8)));
    byte[] bytes = valid.getBytes(StandardCharsets.UTF_8);
    for (int at = 0; at < bytes.length; at += Math.max(1, bytes.length / 30)) {
      byte[] broken = bytes.clone();
      broken[at] = (byte) 0xFF;
      contents.add(broken);
    }
    contents.add(valid.getBytes(StandardCharsets.UTF_16));
    return contents;
  }

  /** One value, wherever it stands, replaced by another. */
  private static List<byte[]> values(String valid) {
    Philox random = new Philox(2, 0);
    List<int[]> places = new ArrayList<>();
    for (int i = 1; i < valid.length(); i++) {
      if (":,[ ".indexOf(valid.charAt(i - 1)) >= 0 && ":,[]{} \n".indexOf(valid.charAt(i)) < 0) {
        int end = i;
        while (end < valid.length() && ",]}\n".indexOf(valid.charAt(end)) < 0) {
          end++;
        }
        places.add(new int[] {i, end});
      }
    }
    List<byte[]> contents = new ArrayList<>();
    for (int i = 0; i < EDITS; i++) {
      int[] place = places.get(random.below(places.size(), 2L * i));
      String value = VALUES[random.below(VALUES.length, 2L * i + 1)];
      String edited = valid.substring(0, place[0]) + value + valid.substring(place[1]);
      contents.add(edited.getBytes(StandardCharsets.UTF_8));
    }
    return contents;
  }

  /** A few pieces replaced, inserted or removed. */
  private static List<byte[]> edits(String valid) {
    Philox random = new Philox(1, 0);
    List<byte[]> contents = new ArrayList<>();
    for (int i = 0; i < EDITS; i++) {
      String edited = valid;
      long address = 64L * i;
      for (int edit = 1 + random.below(3, address++); edit > 0; edit--) {
        int from = random.below(edited.length() + 1, address++);
        int removed = Math.min(random.below(6, address++), edited.length() - from);
        String piece = PIECES[random.below(PIECES.length, address++)];
        String put = random.below(3, address++) == 0 ? "" : piece;
        edited = edited.substring(0, from) + put + edited.substring(from + removed);
      }
      contents.add(edited.getBytes(StandardCharsets.UTF_8));
    }
    return contents;
  }

  private static String shown(byte[] content) {
    return new String(
        Arrays.copyOf(content, Math.min(content.length, 4_000)), StandardCharsets.UTF_8);
  }

  private String text(String file) throws IOException {
    return Files.readString(folder.resolve(file));
  }

  private static void write(Path file, String text) {
    try {
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
