package dev.gatun.op;

import dev.gatun.core.DType;
import dev.gatun.core.QuantizedMatrix;
import dev.gatun.core.ShapeException;
import dev.gatun.cpu.HalfPrecision;
import dev.gatun.cpu.Parallel;
import dev.gatun.cpu.Simd;
import dev.gatun.cpu.StoredMatrix;
import dev.gatun.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Weights from F32 to what they are stored in and back, by all threads. */
public final class Quantization {
  private static final int GRAIN = 1 << 14;

  private Quantization() {}

  /** Whether weights of this type are unpacked where they are used, and cannot be trained. */
  public static boolean isStored(DType dtype) {
    return dtype == DType.BF16 || dtype.isQuantized();
  }

  /**
   * Overwrites stored weights: BF16 rounds to nearest even, quantised types as they are defined.
   *
   * @param source in F32 on the host
   * @param target of the same shape on the host
   */
  public static void quantize(Tensor source, Tensor target) {
    requireSameShape(source, target);
    if (!holdData(source, target)) {
      return;
    }
    MemorySegment from = source.segment();
    MemorySegment to = target.segment();
    if (target.dtype() == DType.BF16) {
      int n = source.shape().elementsExact();
      Parallel.range(0, n, GRAIN, (first, end) -> HalfPrecision.f32ToBf16(from, to, first, end));
      return;
    }
    QuantizedMatrix matrix = QuantizedMatrix.of(target.dtype(), target.shape());
    float[] scales = new float[target.dtype() == DType.NF4_DOUBLE ? matrix.blocks() : 0];
    Parallel.range(
        0,
        matrix.rows(),
        Math.max(1, GRAIN / Math.max(1, matrix.columns())),
        (first, end) -> {
          float[] row = new float[matrix.paddedColumns()];
          for (int r = first; r < end; r++) {
            long at = 4L * r * matrix.columns();
            MemorySegment.copy(from, ValueLayout.JAVA_FLOAT, at, row, 0, matrix.columns());
            matrix.quantizeRow(row, r, to, scales);
          }
        });
    matrix.quantizeScales(scales, to);
  }

  /**
   * The weights in F32.
   *
   * @param source stored, on the host
   * @param target in F32, of the same shape
   */
  public static void dequantize(Tensor source, Tensor target) {
    requireSameShape(target, source);
    if (!holdData(source, target)) {
      return;
    }
    StoredMatrix matrix =
        new StoredMatrix(
            source.segment(), source.dtype(), source.shape().rows(), source.shape().columns());
    MemorySegment to = target.segment();
    Parallel.range(
        0,
        matrix.rows(),
        Math.max(1, GRAIN / Math.max(1, matrix.columns())),
        (first, end) -> {
          for (int r = first; r < end; r++) {
            unpackRow(matrix, r, to, 4L * r * matrix.columns());
          }
        });
  }

  /** One row in F32, and nothing behind it. */
  static void unpackRow(StoredMatrix matrix, int row, MemorySegment to, long offset) {
    int whole = matrix.columns() / Simd.LANES * Simd.LANES;
    matrix.unpack(row, 0, whole, to, offset);
    int rest = matrix.columns() - whole;
    if (rest > 0) {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment end = arena.allocate(4L * Simd.LANES, 4);
        matrix.unpack(row, whole, rest, end, 0);
        MemorySegment.copy(end, 0, to, offset + 4L * whole, 4L * rest);
      }
    }
  }

  private static boolean holdData(Tensor source, Tensor target) {
    return source.buffer().region().storage().holdsData()
        && target.buffer().region().storage().holdsData();
  }

  private static void requireSameShape(Tensor exact, Tensor stored) {
    if (exact.dtype() != DType.F32 || !exact.shape().equals(stored.shape())) {
      throw new ShapeException("[quantization] " + stored + " does not hold " + exact);
    }
  }
}
