package dev.gatun.op;

import static dev.gatun.cpu.Simd.LENGTH;
import static dev.gatun.cpu.Simd.below;
import static dev.gatun.cpu.Simd.load;
import static dev.gatun.cpu.Simd.loadBelow;

import dev.gatun.core.DType;
import dev.gatun.core.Philox;
import dev.gatun.core.Shape;
import dev.gatun.cpu.Parallel;
import dev.gatun.cpu.Reductions;
import dev.gatun.device.Command;
import dev.gatun.op.Sample.Fill;
import dev.gatun.op.Sample.Input;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.TensorSpec;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * The place of the largest element of each row, the first of equal ones.
 *
 * <pre>
 *   y[i] = min { c : x[i,c] = max_j x[i,j] }
 * </pre>
 *
 * <p>x [..., C] with C ≥ 1 → y I32 [rows]. NaN counts as the largest, as in PyTorch.
 */
record ArgMax() implements Op, Op.NonDifferentiable {
  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    Require.count(this, in, 1);
    Require.sameFloat(this, in, 0);
    Require.rankAtLeast(this, in, 0, 1);
    Shape x = in.getFirst().shape();
    Require.that(this, x.columns() > 0, "an empty row has no largest element", in);
    return List.of(new TensorSpec(Shape.of(x.rows()), DType.I32));
  }

  @Override
  public void reference(List<Values> in, List<Values> out) {
    Values x = in.getFirst();
    for (int i = 0; i < x.rows(); i++) {
      int best = 0;
      for (int c = 1; c < x.columns(); c++) {
        boolean greater = x.get(i, c) > x.get(i, best) || Double.isNaN(x.get(i, c));
        if (greater && !Double.isNaN(x.get(i, best))) {
          best = c;
        }
      }
      out.getFirst().set(i, best);
    }
  }

  @Override
  public void cpu(List<Tensor> in, List<Tensor> out) {
    MemorySegment x = in.getFirst().segment();
    MemorySegment y = out.getFirst().segment();
    int columns = in.getFirst().shape().columns();
    Parallel.range(
        0,
        in.getFirst().shape().rows(),
        Math.max(1, Fast.GRAIN / columns),
        (from, to) -> {
          for (int i = from; i < to; i++) {
            long row = 4L * i * columns;
            float max = Reductions.max(x, row, columns);
            y.setAtIndex(ValueLayout.JAVA_INT, i, Fast.first(x, row, columns, max));
          }
        });
  }

  @Override
  public List<Command> commands(List<Tensor> in, List<Tensor> out) {
    Shape x = in.getFirst().shape();
    return Kernels.blocks(
        "arg_max_forward_f32", x.rows(), in.getFirst(), out.getFirst(), x.columns());
  }

  static List<Sample> samples() {
    return List.of(
        Sample.of(new ArgMax(), 1, Input.normal(3, 5)),
        Sample.of(new ArgMax(), 1, Input.normal(1)),
        Sample.of(new ArgMax(), 1, Input.normal(0, 4)),
        Sample.of(new ArgMax(), 1, Input.uniform(7, 7, 2, 3, 16)),
        Sample.of(new ArgMax(), 1, Input.normal(40, 129)),
        Sample.of(new ArgMax(), 1, Input.uniform(-1e30, 1e30, 2, 1031)),
        Sample.of(new ArgMax(), 1, equals(1, 0)),
        Sample.of(new ArgMax(), 1, equals(50, 0)),
        Sample.of(new ArgMax(), 1, equals(2, 2)),
        Sample.of(new ArgMax(), 1, equals(50, 400)));
  }

  /**
   * Rows with many equal values, and one of -inf alone.
   *
   * @param levels how many different numbers there are
   * @param oneOf one of how many elements is NaN; 0 for none
   */
  private static Input equals(int levels, int oneOf) {
    Shape shape = Shape.of(5, 2381);
    Philox random = new Philox(levels, oneOf);
    List<Double> values = new ArrayList<>();
    for (int i = 0; i < shape.elements(); i++) {
      boolean nan = oneOf > 0 && random.below(oneOf, 2L * i) == 0;
      boolean last = i >= 4 * 2381;
      double number = last ? Double.NEGATIVE_INFINITY : random.below(levels, 2L * i + 1);
      values.add(nan && !last ? Double.NaN : number);
    }
    return new Input(new TensorSpec(shape, DType.F32), new Fill.Exactly(values));
  }

  private static final class Fast {
    static final int GRAIN = 1 << 14;

    private Fast() {}

    /** The first place that holds a value which occurs, be it NaN. */
    static int first(MemorySegment x, long offset, int n, float value) {
      boolean nan = Float.isNaN(value);
      int i = 0;
      for (; i <= n - LENGTH; i += LENGTH) {
        VectorMask<Float> hit = hit(load(x, offset, i), value, nan);
        if (hit.anyTrue()) {
          return i + hit.firstTrue();
        }
      }
      return i + hit(loadBelow(x, offset, i, n), value, nan).and(below(i, n)).firstTrue();
    }

    private static VectorMask<Float> hit(FloatVector x, float value, boolean nan) {
      return nan ? x.test(VectorOperators.IS_NAN) : x.compare(VectorOperators.EQ, value);
    }
  }
}
