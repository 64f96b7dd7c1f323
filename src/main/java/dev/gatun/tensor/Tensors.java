package dev.gatun.tensor;

import dev.gatun.core.Bf16;
import dev.gatun.core.DType;
import dev.gatun.core.QuantizedMatrix;
import dev.gatun.core.Shape;
import dev.gatun.core.ShapeException;
import dev.gatun.memory.Region;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Makes tensors from Java arrays and reads them back. */
public final class Tensors {
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT;
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
  private static final ValueLayout.OfDouble DOUBLE = ValueLayout.JAVA_DOUBLE;

  private Tensors() {}

  /** Unspecified contents. */
  public static Tensor empty(Region region, TensorSpec spec) {
    return Tensor.of(spec, region.allocate(spec.bytes()));
  }

  /** All zero. */
  public static Tensor zeros(Region region, TensorSpec spec) {
    Tensor tensor = empty(region, spec);
    tensor.buffer().fill((byte) 0);
    return tensor;
  }

  /** F32 values in row-major order. */
  public static Tensor of(Region region, Shape shape, float[] values) {
    Tensor tensor = empty(region, new TensorSpec(shape, DType.F32));
    checkCount(tensor, values.length);
    tensor.buffer().write(host -> MemorySegment.copy(values, 0, host, FLOAT, 0, values.length));
    return tensor;
  }

  /** I32 values in row-major order. */
  public static Tensor of(Region region, Shape shape, int[] values) {
    Tensor tensor = empty(region, new TensorSpec(shape, DType.I32));
    checkCount(tensor, values.length);
    tensor.buffer().write(host -> MemorySegment.copy(values, 0, host, INT, 0, values.length));
    return tensor;
  }

  /** Values converted to an element type, rounding to nearest even. */
  public static Tensor of(Region region, TensorSpec spec, double[] values) {
    Tensor tensor = empty(region, spec);
    write(tensor, values);
    return tensor;
  }

  /** All elements as double; exact for every element type. */
  public static double[] toDoubles(Tensor tensor) {
    return tensor.buffer().read(segment -> toDoubles(tensor, segment));
  }

  private static double[] toDoubles(Tensor tensor, MemorySegment segment) {
    double[] values = new double[tensor.shape().elementsExact()];
    if (tensor.dtype().isQuantized()) {
      dequantize(tensor, segment, values);
      return values;
    }
    for (int i = 0; i < values.length; i++) {
      values[i] =
          switch (tensor.dtype()) {
            case F64 -> segment.getAtIndex(DOUBLE, i);
            case F32 -> segment.getAtIndex(FLOAT, i);
            case BF16 -> Bf16.toFloat(segment.getAtIndex(SHORT, i));
            case F16 -> Float.float16ToFloat(segment.getAtIndex(SHORT, i));
            case I32 -> segment.getAtIndex(INT, i);
            case Q8_0, Q4_0, NF4, NF4_DOUBLE -> throw new AssertionError(tensor);
          };
    }
    return values;
  }

  private static void dequantize(Tensor tensor, MemorySegment segment, double[] values) {
    QuantizedMatrix matrix = QuantizedMatrix.of(tensor.dtype(), tensor.shape());
    float[] row = new float[matrix.paddedColumns()];
    for (int r = 0; r < matrix.rows(); r++) {
      matrix.dequantizeRow(segment, r, row);
      for (int c = 0; c < matrix.columns(); c++) {
        values[r * matrix.columns() + c] = row[c];
      }
    }
  }

  /** Overwrites all elements, rounding to nearest even, or as a quantised type does. */
  public static void write(Tensor tensor, double[] values) {
    checkCount(tensor, values.length);
    tensor
        .buffer()
        .write(
            segment -> {
              if (tensor.dtype().isQuantized()) {
                quantize(tensor, segment, values);
              } else {
                write(tensor.dtype(), segment, values);
              }
            });
  }

  private static void write(DType dtype, MemorySegment segment, double[] values) {
    for (int i = 0; i < values.length; i++) {
      switch (dtype) {
        case F64 -> segment.setAtIndex(DOUBLE, i, values[i]);
        case F32 -> segment.setAtIndex(FLOAT, i, (float) values[i]);
        case BF16 -> segment.setAtIndex(SHORT, i, Bf16.fromFloat((float) values[i]));
        case F16 -> segment.setAtIndex(SHORT, i, Float.floatToFloat16((float) values[i]));
        case I32 -> segment.setAtIndex(INT, i, (int) values[i]);
        case Q8_0, Q4_0, NF4, NF4_DOUBLE -> throw new AssertionError(dtype);
      }
    }
  }

  private static void quantize(Tensor tensor, MemorySegment segment, double[] values) {
    QuantizedMatrix matrix = QuantizedMatrix.of(tensor.dtype(), tensor.shape());
    float[] row = new float[matrix.paddedColumns()];
    float[] scales = new float[matrix.blocks()];
    for (int r = 0; r < matrix.rows(); r++) {
      for (int c = 0; c < matrix.columns(); c++) {
        row[c] = (float) values[r * matrix.columns() + c];
      }
      matrix.quantizeRow(row, r, segment, scales);
    }
    matrix.quantizeScales(scales, segment);
  }

  /** Overwrites a tensor with the elements of another of the same spec, in the same storage. */
  public static void copy(Tensor source, Tensor target) {
    if (!source.spec().equals(target.spec())) {
      throw new ShapeException("[copy] " + source + " is not what " + target + " holds");
    }
    target.buffer().copyFrom(source.buffer(), target.spec().bytes());
  }

  /** The tensor itself if it is on the host, else a copy in a region of the host. */
  public static Tensor onHost(Tensor tensor, Region host) {
    if (tensor.buffer().region().storage().isHost()) {
      return tensor;
    }
    Tensor copy = empty(host, tensor.spec());
    tensor
        .buffer()
        .read(memory -> copy.segment().copyFrom(memory.asSlice(0, tensor.spec().bytes())));
    return copy;
  }

  /** The elements of an F32 tensor. */
  public static float[] toFloats(Tensor tensor) {
    requireDType(tensor, DType.F32);
    return tensor.buffer().read(host -> host.asSlice(0, tensor.spec().bytes()).toArray(FLOAT));
  }

  /** The elements of an I32 tensor. */
  public static int[] toInts(Tensor tensor) {
    requireDType(tensor, DType.I32);
    return tensor.buffer().read(host -> host.asSlice(0, tensor.spec().bytes()).toArray(INT));
  }

  /** The one element of an F32 or F64 tensor. */
  public static double item(Tensor tensor) {
    if (tensor.shape().elements() != 1) {
      throw new IllegalArgumentException(
          "item() of " + tensor + ": it has not exactly one element");
    }
    return toDoubles(tensor)[0];
  }

  private static void requireDType(Tensor tensor, DType dtype) {
    if (tensor.dtype() != dtype) {
      throw new IllegalArgumentException(tensor + " is not " + dtype);
    }
  }

  private static void checkCount(Tensor tensor, int count) {
    if (count != tensor.shape().elements()) {
      throw new IllegalArgumentException(count + " values do not fill " + tensor);
    }
  }
}
