package dev.gatun.op;

import dev.gatun.autograd.Backprop;
import dev.gatun.core.DType;
import dev.gatun.core.Shape;
import dev.gatun.cpu.Parallel;
import dev.gatun.device.Command;
import dev.gatun.op.Sample.Input;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.TensorSpec;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * Two axes exchanged, as a copy.
 *
 * <pre>
 *   y[o,b,m,a,i] = x[o,a,m,b,i]      dx = dy with the same axes exchanged
 * </pre>
 *
 * <p>x of F32, F64 or I32, seen as [outer, A, middle, B, inner] → y [outer, B, middle, A, inner].
 *
 * @param axisA the first axis, less than axisB
 */
record Transpose(int axisA, int axisB) implements Op, Op.Differentiable {
  private static final int MAX_GRID_Z = 65_535;

  /** The five sizes of x. */
  private record Sizes(int outer, int a, int middle, int b, int inner) {
    static Sizes of(Shape shape, int axisA, int axisB) {
      Blocks around = Blocks.of(shape, axisB);
      int outer = 1;
      for (int axis = 0; axis < axisA; axis++) {
        outer *= shape.size(axis);
      }
      int middle = 1;
      for (int axis = axisA + 1; axis < axisB; axis++) {
        middle *= shape.size(axis);
      }
      return new Sizes(outer, shape.size(axisA), middle, around.size(), around.inner());
    }

    /** The place of x[o,a,m,b,0]. */
    long source(int o, int indexA, int m, int indexB) {
      return ((((long) o * a + indexA) * middle + m) * b + indexB) * inner;
    }

    /** The place of y[o,b,m,a,0]. */
    long target(int o, int indexB, int m, int indexA) {
      return ((((long) o * b + indexB) * middle + m) * a + indexA) * inner;
    }
  }

  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    Require.count(this, in, 1);
    Require.axis(this, in, 0, axisB);
    TensorSpec x = in.getFirst();
    Require.that(this, 0 <= axisA && axisA < axisB, "exchanges a lower axis with a higher one", in);
    boolean supported = x.dtype() == DType.F32 || x.dtype() == DType.F64 || x.dtype() == DType.I32;
    Require.that(this, supported, "moves F32, F64 or I32", in);
    Shape shape = x.shape().with(axisA, x.shape().size(axisB)).with(axisB, x.shape().size(axisA));
    return List.of(new TensorSpec(shape, x.dtype()));
  }

  @Override
  public void reference(List<Values> in, List<Values> out) {
    Sizes s = Sizes.of(in.getFirst().shape(), axisA, axisB);
    for (int o = 0; o < s.outer(); o++) {
      for (int a = 0; a < s.a(); a++) {
        for (int m = 0; m < s.middle(); m++) {
          for (int b = 0; b < s.b(); b++) {
            for (int i = 0; i < s.inner(); i++) {
              double value = in.getFirst().get((int) s.source(o, a, m, b) + i);
              out.getFirst().set((int) s.target(o, b, m, a) + i, value);
            }
          }
        }
      }
    }
  }

  @Override
  public void cpu(List<Tensor> in, List<Tensor> out) {
    MemorySegment x = in.getFirst().segment();
    MemorySegment y = out.getFirst().segment();
    Sizes s = Sizes.of(in.getFirst().shape(), axisA, axisB);
    int strips = Math.ceilDiv(s.b(), Fast.TILE);
    Parallel.range(
        0,
        s.outer() * s.middle() * strips,
        Blocks.grain(4L * Fast.TILE * s.a() * s.inner()),
        (from, to) -> {
          for (int piece = from; piece < to; piece++) {
            int outerMiddle = piece / strips;
            int o = outerMiddle / s.middle();
            int m = outerMiddle % s.middle();
            Fast.strip(x, y, s, o, m, piece % strips * Fast.TILE);
          }
        });
  }

  @Override
  public List<Command> commands(List<Tensor> in, List<Tensor> out) {
    Tensor x = in.getFirst();
    Tensor y = out.getFirst();
    Sizes s = Sizes.of(x.shape(), axisA, axisB);
    int n = x.shape().elementsExact();
    int matrices = s.outer() * s.middle();
    if (n == 0 || s.inner() > 1 || matrices > MAX_GRID_Z) {
      return Kernels.threads("transpose_rows_b32", n, x, y, n, s.a(), s.middle(), s.b(), s.inner());
    }
    return List.of(
        Kernels.launch(
            "transpose_tile_b32",
            new Command.Dim3(Math.ceilDiv(s.b(), 32), Math.ceilDiv(s.a(), 32), matrices),
            new Command.Dim3(32, 8, 1),
            x,
            y,
            s.a(),
            s.middle(),
            s.b()));
  }

  @Override
  public boolean rereadsOutput() {
    return false;
  }

  @Override
  public void vjp(Backprop b) {
    b.add(0, Ops.apply(this, b.dy()));
  }

  static List<Sample> samples() {
    return List.of(
        Sample.of(new Transpose(0, 1), 1, Input.normal(3, 5)),
        Sample.of(new Transpose(0, 1), 1, Input.normal(131, 67)),
        Sample.of(new Transpose(1, 2), 1, Input.normal(2, 5, 3, 16)),
        Sample.of(new Transpose(0, 3), 1, Input.normal(2, 5, 3, 17)),
        Sample.of(new Transpose(1, 3), 1, Input.normal(2, 5, 3, 17)),
        Sample.of(new Transpose(1, 3), 1, Input.normal(2, 5, 3, 17, 4)),
        Sample.of(new Transpose(0, 1), 1, Input.normal(1, 1)),
        Sample.of(new Transpose(0, 1), 1, Input.normal(0, 4)),
        Sample.of(new Transpose(0, 1), 1, Input.integers(-9, 9, 19, 33)));
  }

  private static final class Fast {
    /** Rows of the result that are made together: 64 bytes of each row of x are read. */
    static final int TILE = 16;

    private Fast() {}

    /** The rows {@code firstB .. firstB + TILE - 1} of one matrix of the result. */
    static void strip(MemorySegment x, MemorySegment y, Sizes s, int o, int m, int firstB) {
      int end = Math.min(s.b(), firstB + TILE);
      for (int a = 0; a < s.a(); a++) {
        for (int b = firstB; b < end; b++) {
          long source = s.source(o, a, m, b);
          long target = s.target(o, b, m, a);
          if (s.inner() == 1) {
            int word = x.getAtIndex(ValueLayout.JAVA_INT, source);
            y.setAtIndex(ValueLayout.JAVA_INT, target, word);
          } else {
            MemorySegment.copy(x, 4 * source, y, 4 * target, 4L * s.inner());
          }
        }
      }
    }
  }
}
