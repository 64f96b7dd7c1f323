package dev.gatun.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gatun.core.Damage;
import dev.gatun.core.DataException;
import dev.gatun.token.ChatTemplate;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Damaged files of data are read or refused in words: text, JSON, Parquet, dataset folders. */
class DamagedDataTest {
  private static final long MEBIBYTE = 1 << 20;
  private static final String ROW =
      "{\"messages\":[{\"role\":\"user\",\"content\":\"\\u00e9 \\\"q\\\"\"},"
          + "{\"role\":\"assistant\",\"content\":\"가 😀\",\"n\":[1,-2.5e3,null,true]}]}\n";

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"rows.jsonl", "rows.ndjson", "rows.json"})
  void rowsOfJson(String name) throws IOException {
    byte[] valid = ROW.repeat(3).getBytes(StandardCharsets.UTF_8);
    readAll(write(name, valid), Damage.of(valid, 1, 600), 64 * MEBIBYTE);
  }

  @Test
  void aListOfRows() throws IOException {
    String rows = "{\"data\": [" + ROW + "," + ROW + "], \"version\": \"1\"}";
    byte[] valid = rows.getBytes(StandardCharsets.UTF_8);
    readAll(write("list.json", valid), Damage.of(valid, 2, 600), 64 * MEBIBYTE);
  }

  @Test
  void textFiles() throws IOException {
    byte[] valid = "한 줄\r\nsecond — line 😀\n\nlast".getBytes(StandardCharsets.UTF_8);
    Path file = write("text.txt", valid);
    for (TextMode mode : TextMode.values()) {
      new Damage.Target(
              file,
              64 * MEBIBYTE,
              () -> new TextCorpus(List.of(file), mode).forEach(text -> assertNotNull(text)))
          .check(Damage.of(valid, 3, 400));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"v1-uncompressed", "v1-snappy", "v1-gzip", "v1-lz4_raw", "v2-zstd", "v1-brotli"})
  void parquet(String variant) throws IOException {
    Path shared =
        Path.of(
            Optional.ofNullable(System.getProperty("GATUN_SHARED"))
                .or(() -> Optional.ofNullable(System.getenv("GATUN_SHARED")))
                .orElse("../shared"));
    Path original = shared.resolve("data/parquet-variants/messages-" + variant + ".parquet");
    assumeTrue(Files.exists(original), original + " is absent");
    byte[] valid = Files.readAllBytes(original);
    readAll(write("rows.parquet", valid), Damage.few(valid, 4, 12), 1024 * MEBIBYTE);
    // Lengths of pages and chunks stand at the front of pages and in the footer.
    readAll(write("rows.parquet", valid), footers(valid), 1024 * MEBIBYTE);
  }

  private static List<byte[]> footers(byte[] valid) {
    int length = Math.min(valid.length - 8, 1_500);
    byte[] footer = java.util.Arrays.copyOfRange(valid, valid.length - length, valid.length);
    return Damage.few(footer, 5, 12).stream()
        .map(
            damaged -> {
              byte[] whole = java.util.Arrays.copyOf(valid, valid.length - length + damaged.length);
              System.arraycopy(damaged, 0, whole, valid.length - length, damaged.length);
              return whole;
            })
        .toList();
  }

  @Test
  void cardsOfFolders() throws IOException {
    write("train.jsonl", ROW.getBytes(StandardCharsets.UTF_8));
    String card =
        """
        ---
        license: mit
        configs:
        - config_name: default
          data_files:
          - split: train
            path: ["*.jsonl", "data/*.json"]
        ---
        # Card
        """;
    byte[] valid = card.getBytes(StandardCharsets.UTF_8);
    Path readme = write("README.md", valid);
    new Damage.Target(
            readme,
            List.of("README.md", folder.toString()),
            64 * MEBIBYTE,
            () -> DataFolder.files(folder, "train"))
        .check(Damage.of(valid, 6, 800));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "deep lists      | configs: REPEAT[ | not valid YAML",
        "deep maps       | REPEAT{a:        | not valid YAML",
        "an alias bomb   | BOMB             | README.md",
        "a tag of Java   | configs: !!javax.script.ScriptEngineManager [] | README.md",
        "absolute        | configs: [{data_files: /etc/*.json}]    | leaves the folder",
        "parent          | configs: [{data_files: a/../../b.json}] | leaves the folder",
        "no pattern      | configs: [{data_files: '[a'}]           | is no pattern",
      })
  void badCards(String what, String yaml, String message) throws IOException {
    write("train.jsonl", ROW.getBytes(StandardCharsets.UTF_8));
    StringBuilder bomb = new StringBuilder("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
    for (int i = 1; i < 60; i++) {
      bomb.append("a%d: &a%d [*a%d,*a%d,*a%d,*a%d]\n".formatted(i, i, i - 1, i - 1, i - 1, i - 1));
    }
    String text = yaml.equals("BOMB") ? bomb.toString() : yaml;
    if (text.contains("REPEAT")) {
      String unit = text.substring(text.indexOf("REPEAT") + 6);
      text = text.replace("REPEAT" + unit, unit.repeat(100_000));
    }
    write("README.md", ("---\n" + text + "\n---\n").getBytes(StandardCharsets.UTF_8));
    DataException e =
        assertThrows(DataException.class, () -> DataFolder.files(folder, "train"), what);
    assertTrue(String.valueOf(e.getMessage()).contains(message), e.getMessage());
  }

  @Test
  void aFolderThatCannotBeReadIsNamed() throws IOException {
    DataException e =
        assertThrows(
            DataException.class, () -> DataFolder.files(folder.resolve("absent"), "train"));
    assertTrue(String.valueOf(e.getMessage()).contains("absent"), e.getMessage());
  }

  /** Text that is no Unicode is refused with its place wherever it becomes tokens. */
  @Test
  void halfACharacterIsRefusedWithItsPlace() throws IOException {
    Path file =
        write(
            "half.jsonl",
            "{\"text\":\"ok\"}\n{\"text\":\"a\\ud800b\"}\n".getBytes(StandardCharsets.UTF_8));
    RowForm form = new RowForm.Text("text");
    DataException e =
        assertThrows(DataException.class, () -> new RowFiles(List.of(file), "").forEach(form::of));
    assertTrue(
        String.valueOf(e.getMessage())
            .contains(
                "half.jsonl, line 2, column 19: is not valid JSON: a text holds \\ud800 alone"),
        e.getMessage());
  }

  /** Rows of any damage go through every form: what is refused names the row. */
  @Test
  void formsOfDamagedRows() throws IOException {
    byte[] valid = ROW.repeat(2).getBytes(StandardCharsets.UTF_8);
    Path file = write("forms.jsonl", valid);
    RowForm turns =
        RowSchema.MESSAGES.form(Map.of(), Optional.empty(), Map.of(), RowForm.Learned.ASSISTANT);
    RowForm chat =
        RowSchema.MESSAGES.form(
            Map.of(),
            ChatTemplate.of(
                "{% for m in messages %}{{ m.role + m.content }}{{ m.content | tojson }}{% endfor %}",
                Map.of()),
            RowForm.Learned.ASSISTANT);
    for (RowForm form : List.of(turns, chat)) {
      int refused =
          new Damage.Target(
                  file, 64 * MEBIBYTE, () -> new RowFiles(List.of(file), "").forEach(form::of))
              .check(Damage.of(valid, 8, 600));
      assertTrue(refused > 100, "refused " + refused);
    }
    assertEquals(2, new String(valid, StandardCharsets.UTF_8).lines().count());
  }

  private static void readAll(Path file, List<byte[]> contents, long most) throws IOException {
    new Damage.Target(
            file,
            most,
            () -> new RowFiles(List.of(file), "").forEach(row -> assertNotNull(row.columns())))
        .check(contents);
  }

  private Path write(String name, byte[] content) throws IOException {
    return Files.write(folder.resolve(name), content);
  }
}
