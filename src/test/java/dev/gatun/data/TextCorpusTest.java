package dev.gatun.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.gatun.core.DataException;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class TextCorpusTest {
  private static final TextEncoder CODE_POINTS = text -> text.codePoints().toArray();

  @TempDir Path folder;

  static Stream<Arguments> wellFormed() {
    return Stream.of(
        arguments("empty", "", List.of(), List.of()),
        arguments("only a byte order mark", "\uFEFF", List.of(), List.of()),
        arguments("one line without end", "하나", List.of("하나"), List.of("하나")),
        arguments("one line", "하나\n", List.of("하나"), List.of("하나\n")),
        arguments("two lines", "a\nb", List.of("a", "b"), List.of("a\nb")),
        arguments("CR LF", "a\r\nb\r\n", List.of("a", "b"), List.of("a\nb\n")),
        arguments("CR alone stays", "a\rb", List.of("a\rb"), List.of("a\rb")),
        arguments("blank lines", "\n  \n\t\r\na\n\u3000\n", List.of("a"), null),
        arguments("spaces are text", "  a  \n", List.of("  a  "), List.of("  a  \n")),
        arguments("byte order mark", "\uFEFFa\nb", List.of("a", "b"), List.of("a\nb")),
        arguments("mark within", "a\uFEFF\n\uFEFFb", List.of("a\uFEFF", "\uFEFFb"), null),
        arguments("replacement character", "a\uFFFDb", List.of("a\uFFFDb"), List.of("a\uFFFDb")),
        arguments("beyond the BMP", "🌊\n", List.of("🌊"), List.of("🌊\n")),
        arguments("line separator is text", "a\u2028b", List.of("a\u2028b"), null));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("wellFormed")
  void readsTexts(String name, String content, List<String> lines, List<String> documents)
      throws IOException {
    Path file = write("corpus.txt", content.getBytes(StandardCharsets.UTF_8));
    assertEquals(lines, texts(TextMode.LINES, file), name);
    if (documents != null) {
      assertEquals(documents, texts(TextMode.DOCUMENT, file), name);
    }
  }

  @Test
  void readsFilesInOrderAndEachAsItsOwnDocument() throws IOException {
    Path b = write("b.txt", "b1\nb2".getBytes(StandardCharsets.UTF_8));
    Path a = write("a.txt", "\uFEFFa1\n".getBytes(StandardCharsets.UTF_8));
    assertEquals(List.of("b1", "b2", "a1"), texts(TextMode.LINES, b, a));
    assertEquals(List.of("b1\nb2", "a1\n"), texts(TextMode.DOCUMENT, b, a));
  }

  /** Lines around the size of the read buffer, and one far beyond it. */
  @Test
  void readsLinesOfAnySize() throws IOException {
    List<String> expected = new ArrayList<>();
    for (int length : new int[] {1, 65_534, 65_535, 65_536, 65_537, 131_072, 5_000_000}) {
      expected.add("가".repeat(length / 3) + "x".repeat(length % 3 + 1));
      expected.add("y".repeat(length));
    }
    Path file = write("corpus.txt", String.join("\n", expected).getBytes(StandardCharsets.UTF_8));
    assertEquals(expected, texts(TextMode.LINES, file));
    assertEquals(List.of(String.join("\n", expected)), texts(TextMode.DOCUMENT, file));
  }

  static Stream<Arguments> malformed() {
    byte[] koreanInCp949 = "ok\n안녕하세요\n".getBytes(Charset.forName("x-windows-949"));
    byte[] westernInWindows1252 =
        "caf\u00e9 cr\u00e8me\n".getBytes(Charset.forName("windows-1252"));
    return Stream.of(
        arguments("Windows-1252", westernInWindows1252, 1, 4, 4, "0xE9", "WINDOWS-1252"),
        arguments("CP949", koreanInCp949, 2, 1, 4, "0xBE", "CP949"),
        arguments("UTF-16", "가나\n".getBytes(StandardCharsets.UTF_16), 1, 1, 1, "0xFE", "UTF-16"),
        arguments("cut character", bytes('a', '\n', 'b', 0xEA, 0xB0), 2, 2, 4, "0xEA", ""),
        arguments("cut by line end", bytes(0xEA, 0xB0, '\n', 0x80), 1, 1, 1, "0xEA", ""),
        arguments("overlong", bytes('\n', '\r', '\n', 0xC0, 0x80), 3, 1, 4, "0xC0", ""),
        arguments("surrogate", bytes('a', 'b', 0xED, 0xA0, 0x80), 1, 3, 3, "0xED", ""),
        arguments("after mark", bytes(0xEF, 0xBB, 0xBF, 'a', 0xFF), 1, 5, 5, "0xFF", ""),
        arguments("beyond Unicode", bytes(0xF5, 0x80, 0x80, 0x80), 1, 1, 1, "0xF5", ""));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("malformed")
  void namesThePlaceOfBytesThatAreNotUtf8(
      String name, byte[] content, int line, int byteInLine, int byteInFile, String at, String hint)
      throws IOException {
    Path file = write("corpus.txt", content);
    for (TextMode mode : TextMode.values()) {
      DataException e = assertThrows(DataException.class, () -> texts(mode, file), name);
      String message = String.valueOf(e.getMessage());
      String place =
          String.format(
              "%s, line %d, byte %d of the line (byte %d of the file): %s is not UTF-8",
              file, line, byteInLine, byteInFile, at);
      assertTrue(message.startsWith(place), message);
      assertTrue(message.contains(hint), message);
    }
  }

  /** Random bytes are read exactly when the JDK decodes them without a replacement. */
  @Test
  void acceptsExactlyUtf8() throws IOException {
    Random random = new Random(7);
    byte[] alphabet = bytes('a', '\n', 0xEA, 0xB0, 0x80, 0xC3, 0xA9, 0xF0, 0x9F, 0x8C);
    int accepted = 0;
    for (int round = 0; round < 2_000; round++) {
      byte[] content = new byte[random.nextInt(7)];
      for (int i = 0; i < content.length; i++) {
        content[i] = alphabet[random.nextInt(alphabet.length)];
      }
      Path file = write("corpus.txt", content);
      String lenient = new String(content, StandardCharsets.UTF_8);
      if (lenient.indexOf('\uFFFD') < 0) {
        accepted++;
        assertEquals(lenient, String.join("", texts(TextMode.DOCUMENT, file)));
      } else {
        assertThrows(DataException.class, () -> texts(TextMode.LINES, file));
      }
    }
    assertTrue(accepted > 100 && accepted < 1_900, "both outcomes were tried: " + accepted);
  }

  @Test
  void refusesAbsentFilesBeforeReading() {
    Path absent = folder.resolve("absent.txt");
    DataException e =
        assertThrows(DataException.class, () -> new TextCorpus(List.of(absent), TextMode.LINES));
    assertTrue(String.valueOf(e.getMessage()).contains(absent.toString()));
    assertThrows(DataException.class, () -> new TextCorpus(List.of(), TextMode.LINES));
    assertThrows(DataException.class, () -> new TextCorpus(List.of(folder), TextMode.LINES));
  }

  @Test
  void everyTokenIsInExactlyOneRow() throws IOException {
    String content = "첫째 줄\nb\n\nsecond line\n🌊🌊\n";
    Path file = write("corpus.txt", content.getBytes(StandardCharsets.UTF_8));
    String kept = content.replace("\n", "");
    for (int contextLength = 1; contextLength < 14; contextLength++) {
      TokenRows rows =
          new TextCorpus(List.of(file), TextMode.LINES).tokenize(CODE_POINTS).cut(contextLength);
      StringBuilder read = new StringBuilder();
      for (int row = 0; row < rows.size(); row++) {
        assertTrue(rows.length(row) >= 1 && rows.length(row) <= contextLength);
        Arrays.stream(rows.row(row)).forEach(read::appendCodePoint);
      }
      assertEquals(kept, read.toString(), "context length " + contextLength);
    }
  }

  @Test
  void surroundsEveryTextWithFixedIds() throws IOException {
    Path file = write("corpus.txt", "ab\nc\n".getBytes(StandardCharsets.UTF_8));
    TextCorpus corpus = new TextCorpus(List.of(file), TextMode.LINES);
    TokenRows rows = corpus.tokenize(CODE_POINTS.between(new int[] {1}, new int[] {2}));
    assertArrayEquals(new int[] {1, 'a', 'b', 2}, rows.row(0));
    assertArrayEquals(new int[] {1, 'c', 2}, rows.row(1));
  }

  @Test
  void aTextWithoutTokensHasNoRow() throws IOException {
    Path file = write("corpus.txt", "a\n?\nb\n".getBytes(StandardCharsets.UTF_8));
    TextCorpus corpus = new TextCorpus(List.of(file), TextMode.LINES);
    TokenRows rows = corpus.tokenize(text -> text.equals("?") ? new int[0] : new int[] {1});
    assertEquals(2, rows.size());
  }

  private List<String> texts(TextMode mode, Path... files) throws IOException {
    List<String> texts = new ArrayList<>();
    new TextCorpus(List.of(files), mode).forEach(texts::add);
    return texts;
  }

  private Path write(String name, byte[] content) throws IOException {
    return Files.write(folder.resolve(name), content);
  }

  private static byte[] bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return bytes;
  }
}
