package dev.gatun.op;

import dev.gatun.autograd.Backprop;
import dev.gatun.core.DType;
import dev.gatun.core.Shape;
import dev.gatun.cpu.HalfPrecision;
import dev.gatun.cpu.Parallel;
import dev.gatun.device.Command;
import dev.gatun.op.Sample.Fill;
import dev.gatun.op.Sample.Input;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.TensorSpec;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The same numbers in another floating-point type, rounded to nearest, ties to even.
 *
 * <pre>
 *   y = round(x)        dx = dy, cast back
 * </pre>
 *
 * <p>x of any shape in F64, F32, BF16 or F16 → y in another of these; one of the two is F32 or F64.
 * Rounding is a staircase, whose derivative is 0 or does not exist; by convention the gradient is
 * that of the identity (Bengio, Léonard, Courville, "Estimating or Propagating Gradients Through
 * Stochastic Neurons", 2013, "straight-through").
 *
 * @param to the type of the result
 */
record Cast(DType to) implements Op, Op.Differentiable {
  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    Require.count(this, in, 1);
    DType from = in.getFirst().dtype();
    Require.that(
        this,
        from.isFloating() && to.isFloating() && from != to && (isWide(from) || isWide(to)),
        "casts between F32 or F64 and another floating-point type, here to " + to,
        in);
    return List.of(new TensorSpec(in.getFirst().shape(), to));
  }

  private static boolean isWide(DType dtype) {
    return dtype == DType.F32 || dtype == DType.F64;
  }

  @Override
  public void reference(List<Values> in, List<Values> out) {
    for (int i = 0; i < in.getFirst().size(); i++) {
      out.getFirst().set(i, in.getFirst().get(i)); // rounded when it is stored in its type
    }
  }

  @Override
  public void cpu(List<Tensor> in, List<Tensor> out) {
    MemorySegment x = in.getFirst().segment();
    MemorySegment y = out.getFirst().segment();
    DType from = in.getFirst().dtype();
    Parallel.range(
        0,
        in.getFirst().shape().elementsExact(),
        GRAIN,
        (first, end) -> {
          if (from == DType.F32 && to == DType.BF16) {
            HalfPrecision.f32ToBf16(x, y, first, end);
          } else if (from == DType.F32 && to == DType.F16) {
            HalfPrecision.f32ToF16(x, y, first, end);
          } else if (from == DType.BF16 && to == DType.F32) {
            HalfPrecision.bf16ToF32(x, y, first, end);
          } else if (from == DType.F16 && to == DType.F32) {
            HalfPrecision.f16ToF32(x, y, first, end);
          } else {
            throw new AssertionError("F64 runs the reference: " + from + " to " + to);
          }
        });
  }

  private static final int GRAIN = 1 << 14;

  @Override
  public List<Command> commands(List<Tensor> in, List<Tensor> out) {
    int n = in.getFirst().shape().elementsExact();
    String kernel = "cast_" + in.getFirst().dtype() + "_" + to;
    return Kernels.threads(
        kernel.toLowerCase(Locale.ROOT), Math.ceilDiv(n, 2), in.getFirst(), out.getFirst(), n);
  }

  @Override
  public boolean rereadsOutput() {
    return false;
  }

  @Override
  public boolean isStraightThrough() {
    return true;
  }

  @Override
  public void vjp(Backprop b) {
    b.add(0, Ops.cast(b.dy(), b.in(0).dtype()));
  }

  static List<Sample> samples() {
    List<Sample> samples = new ArrayList<>();
    int[][] shapes = {{3, 5}, {1}, {0, 4}, {4, 5}, {131, 67}};
    for (DType half : List.of(DType.BF16, DType.F16)) {
      for (int[] s : shapes) {
        TensorSpec stored = new TensorSpec(Shape.of(s), half);
        samples.add(Sample.of(new Cast(half), 1, Input.normal(s)));
        samples.add(Sample.of(new Cast(DType.F32), 1, new Input(stored, new Fill.Normal(1))));
      }
      samples.add(Sample.of(new Cast(half), 1, Input.uniform(-1e5, 1e5, 257)));
      samples.add(Sample.of(new Cast(half), 1, Input.uniform(-1e-5, 1e-5, 257)));
    }
    // Halfway between two numbers of BF16, and of F16: to the even one.
    // The NaN with all bits set is not to be rounded.
    TensorSpec ties = new TensorSpec(Shape.of(7), DType.F32);
    double nan = Double.longBitsToDouble(-1);
    List<Double> coarse =
        List.of(1 + 0x1p-8, 1 + 0x3p-8, -1 - 0x1p-8, -1 - 0x3p-8, nan, nan, 1 + 0x3p-8);
    List<Double> fine =
        List.of(1 + 0x1p-11, 1 + 0x3p-11, -1 - 0x1p-11, -1 - 0x3p-11, nan, nan, 1 + 0x3p-11);
    samples.add(Sample.of(new Cast(DType.BF16), 1, new Input(ties, new Fill.Exactly(coarse))));
    samples.add(Sample.of(new Cast(DType.F16), 1, new Input(ties, new Fill.Exactly(fine))));
    return samples;
  }
}
