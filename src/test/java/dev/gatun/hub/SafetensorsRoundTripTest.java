package dev.gatun.hub;

import static dev.gatun.hub.Failures.assertRefused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gatun.core.Bf16;
import dev.gatun.core.DType;
import dev.gatun.core.Philox;
import dev.gatun.core.Shape;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsRoundTripTest {
  private static final float[] EDGES = {
    0f,
    -0f,
    1f,
    -1.5f,
    Float.MIN_VALUE,
    0x1p-24f,
    0x1.8p-25f,
    65504f,
    0x1.002p0f,
    Float.NaN,
    Float.POSITIVE_INFINITY,
    Float.NEGATIVE_INFINITY
  };

  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"F32", "F16", "BF16"})
  void everyStoredTypeRoundsToNearestEven(DType stored) throws IOException {
    float[] values = values(20_011);
    Path file = folder.resolve("model.safetensors");
    try (Arena arena = Arena.ofConfined()) {
      SafetensorsWriter.write(
          file, List.of(f32("w", stored, arena, values), f32("empty", stored, arena)));
      float[] expected = values.clone();
      for (int i = 0; i < values.length; i++) {
        expected[i] = rounded(values[i], stored);
      }
      assertArrayEquals(expected, read(file, "w"));
      assertEquals(0, read(file, "empty").length);
    }
  }

  @Test
  void everyF16AndBf16BitPatternIsDecoded() throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment patterns = arena.allocate(ValueLayout.JAVA_SHORT, 1 << 16);
      for (int i = 0; i < 1 << 16; i++) {
        patterns.setAtIndex(ValueLayout.JAVA_SHORT, i, (short) i);
      }
      Path file = folder.resolve("model.safetensors");
      Shape shape = Shape.of(1 << 16);
      SafetensorsWriter.write(
          file,
          List.of(
              NamedTensor.of("f16", shape, DType.F16, patterns),
              NamedTensor.of("bf16", shape, DType.BF16, patterns)));
      float[] f16 = read(file, "f16");
      float[] bf16 = read(file, "bf16");
      for (int i = 0; i < 1 << 16; i++) {
        assertEquals(Float.float16ToFloat((short) i), f16[i]);
        assertEquals(Bf16.toFloat((short) i), bf16[i]);
      }
    }
  }

  @Test
  void f64RoundsToTheNearestFloat() throws IOException {
    double[] values = {0.1, 1e300, -1e-300, Double.NaN, 1.0 + 0x1p-24, 1.0 + 0x1.8p-24};
    try (Arena arena = Arena.ofConfined()) {
      Path file = folder.resolve("model.safetensors");
      MemorySegment data = arena.allocateFrom(ValueLayout.JAVA_DOUBLE, values);
      SafetensorsWriter.write(file, List.of(NamedTensor.of("d", Shape.of(2, 3), DType.F64, data)));
      float[] read = read(file, "d");
      for (int i = 0; i < values.length; i++) {
        assertEquals((float) values[i], read[i]);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 1023, 8191, 8192, 8193, 1 << 20, (1 << 20) + 1})
  void chunksJoinWithoutSeams(int size) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      float[] values = values(size);
      Path file = folder.resolve("model.safetensors");
      SafetensorsWriter.write(
          file,
          List.of(
              f32("a", DType.F16, arena, values),
              f32("b", DType.BF16, arena, values),
              f32("c", DType.F32, arena, values)));
      float[] a = read(file, "a");
      float[] b = read(file, "b");
      float[] c = read(file, "c");
      for (int i = 0; i < size; i++) {
        assertEquals(rounded(values[i], DType.F16), a[i]);
        assertEquals(rounded(values[i], DType.BF16), b[i]);
        assertEquals(values[i], c[i]);
      }
    }
  }

  @Test
  void aFiniteValueDoesNotBecomeInfinite() throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      Path file = Files.writeString(folder.resolve("model.safetensors"), "old");
      assertRefused(
          () -> SafetensorsWriter.write(file, List.of(f32("w", DType.F16, arena, 1f, -70000f, 3f))),
          "\"w\" holds -70000.0");
      assertEquals("old", Files.readString(file));
      assertRefused(
          () ->
              SafetensorsWriter.write(file, List.of(f32("w", DType.BF16, arena, Float.MAX_VALUE))),
          "which BF16 cannot");
      try (Stream<Path> left = Files.list(folder)) {
        assertEquals(List.of(file), left.toList());
      }
    }
  }

  @Test
  void namesMustDiffer() {
    try (Arena arena = Arena.ofConfined()) {
      assertThrows(
          IllegalArgumentException.class,
          () ->
              SafetensorsWriter.write(
                  folder.resolve("x"),
                  List.of(f32("a", DType.F32, arena, 1f), f32("a", DType.F32, arena, 2f))));
      assertThrows(IllegalArgumentException.class, () -> f32("__metadata__", DType.F32, arena, 1f));
    }
  }

  /** Types by alignment; names by code point, where UTF-16 would order them the other way. */
  @Test
  void theHeaderIsThatOfTheReference() throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      Path file = folder.resolve("model.safetensors");
      SafetensorsWriter.write(
          file,
          List.of(
              f32("\uD83D\uDE00", DType.F32, arena, 1f),
              f32("\uFFEE\"\\\n", DType.F32, arena, 1f),
              f32("a", DType.F16, arena, 1f),
              f32("b", DType.BF16, arena)));
      String header =
          """
          {"__metadata__":{"format":"pt"},\
          "\uFFEE\\"\\\\\\n":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},\
          "\uD83D\uDE00":{"dtype":"F32","shape":[1],"data_offsets":[4,8]},\
          "b":{"dtype":"BF16","shape":[0],"data_offsets":[8,8]},\
          "a":{"dtype":"F16","shape":[1],"data_offsets":[8,10]}}""";
      byte[] bytes = Files.readAllBytes(file);
      assertEquals(
          header, new String(bytes, 8, bytes.length - 18, StandardCharsets.UTF_8).stripTrailing());
      assertEquals(0, (bytes.length - 10) % 8);
    }
  }

  /** The fixtures were written by the reference implementation. */
  @Test
  void rewritesEveryReferenceFileByteForByte() throws IOException {
    List<Path> files = new ArrayList<>(SharedFiles.below("golden", ".safetensors"));
    files.addAll(SharedFiles.below("data/stories260K", ".safetensors"));
    assumeTrue(!files.isEmpty(), "no .safetensors fixtures");
    for (Path file : files) {
      Path copy = folder.resolve("copy.safetensors");
      try (SafetensorsFile opened = SafetensorsFile.open(file)) {
        List<NamedTensor> tensors =
            opened.names().stream()
                .map(opened::entry)
                .map(
                    entry ->
                        NamedTensor.of(
                            entry.name(),
                            entry.shape(),
                            entry.type().dtype().orElseThrow(),
                            entry.data()))
                .toList()
                .reversed();
        SafetensorsWriter.write(copy, tensors, opened.metadata());
      }
      assertEquals(-1, Files.mismatch(file, copy), file.toString());
    }
  }

  private static float rounded(float value, DType stored) {
    return switch (stored) {
      case F16 -> Float.float16ToFloat(Float.floatToFloat16(value));
      case BF16 -> Bf16.toFloat(Bf16.fromFloat(value));
      case F32, F64, I32, Q8_0, Q4_0, NF4, NF4_DOUBLE -> value;
    };
  }

  private static float[] values(int count) {
    Philox random = new Philox(7, count);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = i < EDGES.length ? EDGES[i] : (float) random.normal(i);
    }
    return values;
  }

  private static NamedTensor f32(String name, DType stored, Arena arena, float... values) {
    return new NamedTensor(
        name,
        Shape.of(values.length),
        DType.F32,
        stored,
        arena.allocateFrom(ValueLayout.JAVA_FLOAT, values));
  }

  private static float[] read(Path file, String name) {
    try (SafetensorsFile opened = SafetensorsFile.open(file)) {
      int count = opened.entry(name).shape().elementsExact();
      float[] padded = new float[count + 3];
      opened.readF32(name, MemorySegment.ofArray(padded), 8);
      assertEquals(0f, padded[1]);
      assertEquals(0f, padded[count + 2]);
      return Arrays.copyOfRange(padded, 2, count + 2);
    }
  }
}
