package dev.gatun.hub;

import static dev.gatun.hub.Failures.assertRefused;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gatun.core.Shape;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

class SafetensorsHeaderTest {
  private static final String A = "\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}";

  @TempDir Path folder;

  record Broken(String header, int dataBytes, String message) {}

  static final List<Broken> BROKEN =
      List.of(
          new Broken("", 0, "must start with '{'"),
          new Broken(" {}", 0, "must start with '{'"),
          new Broken("[]", 0, "must start with '{'"),
          new Broken("{}x", 0, "must end with '}'"),
          new Broken("{}\n", 0, "must end with '}'"),
          new Broken("{}\0", 0, "must end with '}'"),
          new Broken("{}{}", 0, "follows"),
          new Broken("{", 0, "must end with '}'"),
          new Broken("{\"a\"}", 0, "line 1, column"),
          new Broken("{" + A + "," + A + "}", 8, "Duplicate"),
          new Broken("{" + A + "," + A.replace("\"a\"", "\"\\u0061\"") + "}", 8, "Duplicate"),
          new Broken("{" + A.replace("[2]", "[2],\"shape\":[2]") + "}", 8, "Duplicate"),
          new Broken("{" + A + "}", 4, "cut short"),
          new Broken("{" + A + "}", 12, "cover 8 bytes, but the file has 12"),
          new Broken("{}", 4, "cover 0 bytes, but the file has 4"),
          new Broken("{" + A.replace("[0,8]", "[4,12]") + "}", 12, "leave a hole"),
          new Broken("{" + A + "," + tensor("b", "F32", "[1]", "[4,8]") + "}", 8, "overlap"),
          new Broken("{" + A + "," + tensor("b", "F32", "[1]", "[12,16]") + "}", 16, "hole"),
          new Broken("{" + A.replace("[0,8]", "[8,0]") + "}", 8, "end before they begin"),
          new Broken("{" + A.replace("[0,8]", "[0]") + "}", 8, "[begin, end]"),
          new Broken("{" + A.replace("[0,8]", "[0,4,8]") + "}", 8, "more than 2"),
          new Broken("{" + A.replace("[0,8]", "[0,-8]") + "}", 8, "not negative"),
          new Broken("{" + A.replace("[0,8]", "[-0,8]") + "}", 8, "not negative"),
          new Broken("{" + A.replace("[0,8]", "[0,8.0]") + "}", 8, "integers"),
          new Broken("{" + A.replace("[0,8]", "[0,8e0]") + "}", 8, "integers"),
          new Broken("{" + A.replace("[0,8]", "[0,\"8\"]") + "}", 8, "integers"),
          new Broken("{" + A.replace("[0,8]", "[0,null]") + "}", 8, "integers"),
          new Broken("{" + A.replace("[0,8]", "\"0-8\"") + "}", 8, "list of integers"),
          new Broken("{" + A.replace("[0,8]", "[0,18446744073709551616]") + "}", 8, "64 bits"),
          new Broken(
              "{" + A.replace("[0,8]", "[0,1" + "0".repeat(500) + "]") + "}",
              8,
              "at \"a\": Number"),
          new Broken("{" + A.replace("[2]", "[3]") + "}", 8, "takes 12 bytes"),
          new Broken("{" + A.replace("[2]", "[]") + "}", 8, "takes 4 bytes"),
          new Broken("{" + A.replace("[2]", "[-2]") + "}", 8, "not negative"),
          new Broken("{" + A.replace("[2]", "[4294967296,4294967296]") + "}", 8, "overflows"),
          new Broken("{" + A.replace("[2]", "[2305843009213693952]") + "}", 8, "overflows"),
          new Broken("{" + A.replace("[2]", "[" + "1,".repeat(64) + "2]") + "}", 8, "more than 64"),
          new Broken("{" + tensor("a", "F32", "[4294967296,0]", "[0,0]") + "}", 0, "2^31"),
          new Broken("{" + A.replace("F32", "F33") + "}", 8, "unknown dtype \"F33\""),
          new Broken("{" + A.replace("F32", "f32") + "}", 8, "unknown dtype \"f32\""),
          new Broken("{" + A.replace("\"F32\"", "4") + "}", 8, "dtype must be a text"),
          new Broken("{" + tensor("a", "F4", "[3]", "[0,2]") + "}", 2, "inside a byte"),
          new Broken("{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}", 8, "must have dtype, shape"),
          new Broken("{\"a\":{\"dtype\":\"F32\",\"x\":[2]}}", 8, "unknown key \"x\""),
          new Broken("{\"a\":[]}", 8, "must be an object"),
          new Broken("{\"a\":null}", 8, "must be an object"),
          new Broken("{\"__metadata__\":[]}", 0, "object of texts"),
          new Broken("{\"__metadata__\":{\"a\":1}}", 0, "must be a text"),
          new Broken("{\"__metadata__\":{\"a\":{}}}", 0, "must be a text"),
          new Broken(("{" + A + "," + A + "}").replace("\"a\"", longName()), 8, "Duplicate"),
          new Broken("{\"\\ud800\":{}}", 0, "surrogate"),
          new Broken("{\"a\":" + "[".repeat(100_000) + "}", 0, "must be an object"),
          new Broken("{" + A.replace("[2]", "[".repeat(100_000)) + "}", 8, "integers"),
          new Broken("{\"a\":" + "{\"a\":".repeat(100_000) + "}", 0, "unknown key"));

  private static String longName() {
    return "\"" + "\\n\\u202e".repeat(5_000) + "\"";
  }

  private static String tensor(String name, String dtype, String shape, String offsets) {
    return "\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":%s}"
        .formatted(name, dtype, shape, offsets);
  }

  @ParameterizedTest
  @FieldSource("BROKEN")
  void aBrokenRuleIsNamed(Broken broken) {
    byte[] contents = SafetensorsBytes.of(broken.header, broken.dataBytes);
    assertRefused(
        () -> SafetensorsBytes.open(folder, contents), broken.message, "model.safetensors");
  }

  @Test
  void invalidUtf8IsNamed() {
    for (byte[] bad :
        new byte[][] {
          {(byte) 0xff}, {(byte) 0xc0, (byte) 0x80}, {(byte) 0xed, (byte) 0xa0, (byte) 0x80}
        }) {
      byte[] header =
          ByteBuffer.allocate(4 + bad.length)
              .put((byte) '{')
              .put((byte) '"')
              .put(bad)
              .put((byte) '"')
              .put((byte) '}')
              .array();
      assertRefused(() -> SafetensorsBytes.open(folder, SafetensorsBytes.of(header, 0)), "UTF-8");
    }
  }

  @Test
  void headerLengthIsChecked() {
    long[] lengths = {100_000_001, Long.MAX_VALUE, Long.MIN_VALUE, -1};
    for (long length : lengths) {
      assertRefused(
          () -> SafetensorsBytes.open(folder, lengthOnly(length)),
          "exceeds the format's limit of 100,000,000");
    }
    assertRefused(
        () -> SafetensorsBytes.open(folder, lengthOnly(100_000_000)), "beyond the end of the file");
    assertRefused(() -> SafetensorsBytes.open(folder, lengthOnly(9)), "beyond the end of the file");
    assertRefused(() -> SafetensorsBytes.open(folder, new byte[7]), "8 bytes of header length");
    assertRefused(() -> SafetensorsBytes.open(folder, new byte[0]), "8 bytes of header length");
  }

  @Test
  void spacesMayFollow() throws IOException {
    SafetensorsBytes.open(folder, SafetensorsBytes.of("{}      ", 0));
    SafetensorsBytes.open(folder, SafetensorsBytes.of("{" + A + "} ", 8));
  }

  @Test
  void readsScalarsEmptyTensorsMetadataAndForeignTypes() throws IOException {
    String header =
        "{\"__metadata__\":{\"format\":\"pt\",\"메모\":\"\"},"
            + String.join(
                ",",
                tensor("flags", "BOOL", "[3]", "[12,15]"),
                tensor("scalar", "F32", "[]", "[0,4]"),
                tensor("none", "F16", "[5,0,3]", "[4,4]"),
                tensor("fp8", "F8_E4M3", "[1]", "[15,16]"),
                tensor("packed", "F4", "[2]", "[16,17]"),
                tensor("long", "I64", "[1]", "[4,12]"))
            + "}";
    Path file = Files.write(folder.resolve("model.safetensors"), SafetensorsBytes.of(header, 17));
    try (SafetensorsFile opened = SafetensorsFile.open(file)) {
      assertEquals(
          List.of("scalar", "none", "long", "flags", "fp8", "packed"), List.copyOf(opened.names()));
      assertEquals("", opened.metadata().get("메모"));
      assertEquals(Shape.of(), opened.entry("scalar").shape());
      assertEquals(Shape.of(5, 0, 3), opened.entry("none").shape());
      assertEquals(0, opened.entry("none").data().byteSize());
      assertEquals(StorageType.BOOL, opened.entry("flags").type());
      assertRefused(
          () -> opened.readF32("fp8", MemorySegment.NULL, 0), "\"fp8\" is stored as F8_E4M3");
      assertRefused(() -> opened.entry("scalr"), "did you mean \"scalar\"?");
    }
  }

  @Test
  void absentFilesAndFoldersAreNamed() {
    Path absent = folder.resolve("absent.safetensors");
    assertRefused(() -> SafetensorsFile.open(absent), "absent.safetensors: does not exist");
    assertRefused(() -> SafetensorsFile.open(folder), "is not a file");
  }

  private static byte[] lengthOnly(long length) {
    return ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putLong(length).array();
  }
}
