package dev.gatun.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gatun.hub.Json;
import dev.gatun.hub.TokenizerFolder;
import dev.gatun.token.Tokenizer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Training on text files that stream by. */
class TokenizerTrainTest {
  @TempDir Path folder;

  @Test
  void aFileBecomesATokenizer() throws IOException {
    Path text = Files.writeString(folder.resolve("text"), "low lower lowest\n".repeat(50));
    StringWriter err = new StringWriter();
    assertEquals(0, run(err, text, "type=bpe", "vocab_size=24"), err.toString());
    TokenizerFolder read = TokenizerFolder.read(folder.resolve("out"));
    assertEquals("<|endoftext|>", read.token(TokenizerFolder.Role.EOS).orElseThrow());
    Tokenizer tokenizer = read.tokenizer();
    int[] ids = tokenizer.encodeIds("lower low", false);
    assertEquals("lower low", tokenizer.decode(ids, false));
    String out = folder.resolve("out").toString();
    String list = Arrays.stream(ids).mapToObj(String::valueOf).collect(Collectors.joining(","));
    Files.writeString(text, "lower low");
    for (String json : List.of("", "--json")) {
      String encoded = printed("encode", "--tokenizer", out, "--text-file", text.toString(), json);
      assertArrayEquals(
          ids,
          Json.parseObject("out", encoded.getBytes(StandardCharsets.UTF_8))
              .get("ids")
              .valueStream()
              .mapToInt(JsonNode::intValue)
              .toArray());
    }
    assertEquals("lower low", printed("decode", "--tokenizer", out, "--ids", list, "").strip());
    assertEquals(
        "{\n  \"text\": \"lower low\"\n}\n",
        printed("decode", "--tokenizer", out, "--ids", list, "--json"));
  }

  /** What a verb of the tokenizer prints; an empty argument is none. */
  private static String printed(String... arguments) {
    List<String> all = new ArrayList<>(List.of("tokenizer"));
    Arrays.stream(arguments).filter(argument -> !argument.isEmpty()).forEach(all::add);
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code = App.run(all.toArray(String[]::new), new PrintWriter(out), new PrintWriter(err));
    assertEquals(0, code, err.toString());
    return out.toString();
  }

  /** Pieces of a text end between words, never within one, whatever the buffer holds. */
  @Test
  void piecesJoinToTheText() throws IOException {
    StringBuilder text = new StringBuilder();
    while (text.length() < 3 << 20) {
      text.append(text.length() % 7 == 0 ? "\uD83D\uDE00" : "말 ").append("word\n");
      if (text.length() > 1 << 20 && text.length() < (2 << 20) + 4000) {
        text.append("one very long line ".repeat(60_000));
      }
    }
    Path file = Files.writeString(folder.resolve("text"), text);
    List<String> pieces = new ArrayList<>();
    TextFiles.forEach(file, pieces::add);
    assertEquals(text.toString(), String.join("", pieces));
    assertTrue(
        pieces.stream()
            .limit(pieces.size() - 1L)
            .allMatch(piece -> piece.endsWith("\n") || piece.endsWith(" ")));
  }

  @Test
  void aFileThatIsNotThereIsNamedInWords() {
    Path text = folder.resolve("absent");
    StringWriter err = new StringWriter();
    assertEquals(3, run(err, text));
    assertTrue(err.toString().contains(text + ": does not exist; it was looked for in"));
  }

  /** Such a file gave a tokenizer of bytes that nobody had asked for. */
  @ParameterizedTest
  @ValueSource(strings = {"", "\n", "\r\n \n\n"})
  void aFileWithoutTextIsNamed(String content) throws IOException {
    Path text = Files.writeString(folder.resolve("text"), content);
    StringWriter err = new StringWriter();
    assertEquals(3, run(err, text));
    assertTrue(err.toString().contains(text + ": no text in it"), err.toString());
    assertFalse(Files.exists(folder.resolve("out")));
  }

  /** Among files with text one without is no mistake: a wildcard finds such files. */
  @Test
  void aFileWithoutTextAmongOthersIsRead() throws IOException {
    List<Path> files =
        List.of(
            Files.writeString(folder.resolve("empty"), ""),
            Files.writeString(folder.resolve("text"), "word\n"));
    List<String> texts = new ArrayList<>();
    TextFiles.forEach(files, texts::add);
    assertEquals(List.of("word\n"), texts);
  }

  @Test
  void thePlaceOfBrokenUtf8IsNamed() throws IOException {
    Path trained = Files.writeString(folder.resolve("words"), "ab ab ab");
    assertEquals(0, run(new StringWriter(), trained));
    Path text = Files.write(folder.resolve("text"), new byte[] {'c', '\n', 'a', (byte) 0xFF, 'b'});
    String tokenizer = folder.resolve("out").toString();
    StringWriter train = new StringWriter();
    StringWriter encode = new StringWriter();
    assertEquals(3, run(train, text));
    assertEquals(
        3,
        App.run(
            new String[] {
              "tokenizer", "encode", "--tokenizer", tokenizer, "--text-file", text.toString()
            },
            new PrintWriter(new StringWriter()),
            new PrintWriter(encode)));
    String place = text + ", line 2, byte 2 of the line (byte 4 of the file): 0xFF is not UTF-8";
    assertTrue(train.toString().contains(place), train.toString());
    assertTrue(encode.toString().contains(place), encode.toString());
  }

  @Test
  void anUnknownSettingIsNamed() throws IOException {
    Path text = Files.writeString(folder.resolve("text"), "a");
    StringWriter err = new StringWriter();
    assertEquals(2, run(err, text, "vocab_sise=24"));
    assertTrue(err.toString().contains("vocab_size"), err.toString());
  }

  private int run(StringWriter err, Path text, String... settings) {
    List<String> args = new ArrayList<>(List.of("tokenizer", "train", "--text-file"));
    args.add(text.toString());
    args.addAll(List.of("--output", folder.resolve("out").toString()));
    for (String setting : settings) {
      args.addAll(List.of("--set", setting));
    }
    PrintWriter out = new PrintWriter(new StringWriter());
    return App.run(args.toArray(new String[0]), out, new PrintWriter(err, true));
  }
}
