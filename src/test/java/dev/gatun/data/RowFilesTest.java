package dev.gatun.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gatun.core.DataException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RowFilesTest {
  private static final Path SHARED = shared();

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a.jsonl  | {\"q\":\"x\",\"n\":1}\\n\\n{\"q\":\"y\",\"n\":2.5}",
        "a.ndjson | {\"q\":\"x\",\"n\":1}\\r\\n{\"q\":\"y\",\"n\":2.5}\\r\\n",
        "a.json   | [{\"q\":\"x\",\"n\":1},{\"q\":\"y\",\"n\":2.5}]",
        "a.json   | {\"v\":3,\"o\":{\"q\":[]},\"data\":[{\"q\":\"x\",\"n\":1},{\"q\":\"y\",\"n\":2.5}]}",
        "a.json   | {\"q\":\"x\",\"n\":1}\\n{\"q\":\"y\",\"n\":2.5}",
        "a.json   | \uFEFF[{\"q\":\"x\",\"n\":1},{\"q\":\"y\",\"n\":2.5}]",
      })
  void readsJson(String name, String text) throws IOException {
    List<DataRow> rows = rows(write(name, text.replace("\\n", "\n").replace("\\r", "\r")));
    assertEquals(
        List.of(Map.of("q", "x", "n", 1), Map.of("q", "y", "n", 2.5)),
        rows.stream().map(DataRow::columns).toList());
  }

  @Test
  void namesTheListOfAnObject() throws IOException {
    Path file = write("a.json", "{\"a\":[{\"t\":\"1\"}],\"b\":[{\"t\":\"2\"}]}");
    List<DataRow> rows = new ArrayList<>();
    new RowFiles(List.of(file), "b").forEach(rows::add);
    assertEquals("2", rows.getFirst().text("t"));
    assertMessage("holds the lists 'a' and 'b'", () -> rows(file));
    assertEquals("1", new RowFiles(List.of(file), "").first().orElseThrow().text("t"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a.jsonl | {\"a\":\"1\"}\\n[1]               | a.jsonl, line 2: must be one JSON object",
        "a.jsonl | {\"a\":\"1\"}\\n{\"a\":            | a.jsonl, line 2, column",
        "a.jsonl | {\"a\":\"1\",\"a\":\"2\"}          | Duplicate field 'a'",
        "a.jsonl | {\"a\":\"1\"} {\"b\":\"2\"}        | more behind the object",
        "a.json  | [{\"a\":\"1\"},2]                  | a.json, row 2: must be an object",
        "a.json  | [{\"a\":\"1\"}                     | a.json, line 1, column",
        "a.json  | [{\"a\":\"1\"}] 3                  | more behind the list",
        "a.json  | 7                                  | must hold a list of objects",
        "a.json  | {\"a\":7}                          | holds no list",
        "a.parquet | PAR1                             | cannot be read as Parquet",
        "a.txt   | text                               | holds text, not rows",
      })
  void errorsNameThePlace(String name, String text, String message) throws IOException {
    Path file = write(name, text.replace("\\n", "\n"));
    assertMessage(message, () -> rows(file));
  }

  @Test
  void deepAndHugeValuesAreRefused() throws IOException {
    Path deep = write("deep.jsonl", "{\"a\":" + "[".repeat(100_000));
    assertMessage("deep.jsonl, line 1", () -> rows(deep));
    Path huge = write("huge.jsonl", "{\"a\":" + "9".repeat(5_000) + "}");
    assertMessage("huge.jsonl, line 1", () -> rows(huge));
    Path latin = folder.resolve("latin.json");
    Files.write(latin, "[{\"a\":\"é\"}]".getBytes(StandardCharsets.ISO_8859_1));
    assertMessage("not UTF-8", () -> rows(latin));
  }

  @Test
  void columnErrorsNameFileRowAndColumn() throws IOException {
    DataRow row = rows(write("a.jsonl", "{\"a\":1,\"b\":null,\"m\":[{\"x\":2},3]}")).getFirst();
    assertMessage("a.jsonl, line 1: column 'a' must be a text, but is a num", () -> row.text("a"));
    assertMessage("column 'c' is missing; the row has a, b, m", () -> row.text("c"));
    assertMessage("column 'm[1]' must be an object, but is a number", () -> row.rows("m"));
    assertEquals("", row.textOrEmpty("b"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "v1-brotli",
        "v1-gzip",
        "v1-lz4_raw",
        "v1-snappy",
        "v1-uncompressed",
        "v1-zstd",
        "v2-zstd"
      })
  void everyParquetVariantHoldsTheRowsOfTheJsonFile(String variant) {
    Path variants = need("data/parquet-variants");
    List<DataRow> expected = rows(variants.resolve("messages.jsonl"));
    List<DataRow> actual = rows(variants.resolve("messages-" + variant + ".parquet"));
    assertEquals(expected.size(), actual.size());
    for (int i = 0; i < expected.size(); i++) {
      for (String column : List.of("q", "a", "maybe_null", "pair", "messages")) {
        assertEquals(expected.get(i).columns().get(column), actual.get(i).columns().get(column));
      }
    }
  }

  @Test
  void malformedParquetIsAnErrorWithItsFile() throws IOException {
    Path bad = need("data/parquet-testing/bad");
    List<Path> files;
    try (Stream<Path> found = Files.list(bad)) {
      files = found.sorted().toList();
    }
    assertTrue(files.size() >= 5);
    for (Path file : files) {
      readsOrSaysWhy(file);
    }
  }

  @Test
  void aHubFolderHasItsSplits() {
    Path hub = need("data/hf-dataset-ko-chatbot");
    List<DataRow> train = new ArrayList<>();
    new RowFiles(DataFolder.files(hub, "train"), "").forEach(train::add);
    assertEquals(10_623, train.size());
    assertEquals(1, DataFolder.files(hub, "validation").size());
    assertMessage("no file of the split 'test'", () -> DataFolder.files(hub, "test"));
  }

  @Test
  void namesTellSplitsApart() throws IOException {
    for (String name : List.of("train-0.jsonl", "dev.jsonl", "test/a.json", ".git/train.json")) {
      Files.createDirectories(folder.resolve(name).getParent());
      write(name, "");
    }
    assertEquals(List.of(folder.resolve("train-0.jsonl")), DataFolder.files(folder, "train"));
    assertEquals(List.of(folder.resolve("dev.jsonl")), DataFolder.files(folder, "validation"));
    assertEquals(List.of(folder.resolve("test/a.json")), DataFolder.files(folder, "test"));
  }

  @Test
  void noPathLeavesTheFolder() throws IOException {
    write("a.jsonl", "");
    write(
        "README.md",
        "---\nconfigs:\n- config_name: default\n  data_files: '../*.jsonl'\n---\n# Card\n");
    assertMessage("leaves the folder", () -> DataFolder.files(folder, "train"));
    write("README.md", "---\nconfigs: [}\n---\n");
    assertMessage("not valid YAML", () -> DataFolder.files(folder, "train"));
  }

  /** Changed and cut files are read, or refused with their name; nothing else is thrown. */
  @Test
  void anyBytesAreReadOrRefused() throws IOException {
    Random random = new Random(7);
    byte[] json =
        "{\"a\":[1,true,null,\"\\u00e9\"],\"b\":{\"c\":-1.5e3}}\n"
            .repeat(4)
            .getBytes(StandardCharsets.UTF_8);
    for (String name : List.of("fuzz.jsonl", "fuzz.json")) {
      for (int i = 0; i < 200; i++) {
        readsOrSaysWhy(changed(name, json, random));
      }
    }
  }

  @Test
  void anyBytesAreNoParquetOrAre() throws IOException {
    byte[] parquet = Files.readAllBytes(need("data/parquet-variants/messages-v1-zstd.parquet"));
    Random random = new Random(11);
    for (int i = 0; i < 12; i++) {
      readsOrSaysWhy(changed("fuzz.parquet", parquet, random));
    }
  }

  private Path changed(String name, byte[] bytes, Random random) throws IOException {
    byte[] changed = bytes.clone();
    for (int k = 0; k <= random.nextInt(3); k++) {
      changed[random.nextInt(changed.length)] = (byte) random.nextInt(256);
    }
    if (random.nextInt(4) == 0) {
      changed = Arrays.copyOf(changed, random.nextInt(changed.length));
    }
    Path file = folder.resolve(name);
    Files.write(file, changed);
    return file;
  }

  private static void readsOrSaysWhy(Path file) {
    try {
      rows(file);
    } catch (DataException e) {
      assertTrue(
          String.valueOf(e.getMessage()).contains(file.getFileName().toString()), e::toString);
    }
  }

  private static void assertMessage(String part, Executable code) {
    String message = String.valueOf(assertThrows(DataException.class, code).getMessage());
    assertTrue(message.contains(part), message);
  }

  private static List<DataRow> rows(Path file) {
    List<DataRow> rows = new ArrayList<>();
    new RowFiles(List.of(file), "").forEach(rows::add);
    return rows;
  }

  private Path write(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  private static Path need(String name) {
    Path path = SHARED.resolve(name);
    assumeTrue(Files.exists(path), path + " is absent");
    return path;
  }

  private static Path shared() {
    return Path.of(
        Optional.ofNullable(System.getProperty("GATUN_SHARED"))
            .or(() -> Optional.ofNullable(System.getenv("GATUN_SHARED")))
            .orElse("../shared"));
  }
}
