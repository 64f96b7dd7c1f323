package dev.gatun.op;

import static dev.gatun.cpu.Simd.LANES;
import static dev.gatun.cpu.Simd.LENGTH;
import static dev.gatun.cpu.Simd.SPECIES;
import static dev.gatun.cpu.Simd.load;
import static dev.gatun.cpu.Simd.loadBelow;
import static dev.gatun.cpu.Simd.store;
import static dev.gatun.cpu.Simd.storeBelow;

import dev.gatun.autograd.Backprop;
import dev.gatun.core.Shape;
import dev.gatun.cpu.Parallel;
import dev.gatun.cpu.Reductions;
import dev.gatun.cpu.Simd;
import dev.gatun.cpu.VectorMath;
import dev.gatun.device.Command;
import dev.gatun.op.Sample.Input;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.TensorSpec;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import jdk.incubator.vector.FloatVector;

/**
 * Softmax over the last axis.
 *
 * <pre>
 *   m    = max_c x[c]
 *   y[c] = e^(x[c] - m) / Σ_j e^(x[j] - m)
 *   dx[c] = y[c]·(dy[c] - Σ_j dy[j]·y[j])
 * </pre>
 *
 * <p>x [..., C] → y [..., C]. A row of -∞ alone, or with +∞ or NaN in it, becomes NaN.
 */
record Softmax() implements Op, Op.Differentiable {
  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    Require.count(this, in, 1);
    Require.sameFloat(this, in, 0);
    Require.rankAtLeast(this, in, 0, 1);
    return List.of(in.getFirst());
  }

  @Override
  public void reference(List<Values> in, List<Values> out) {
    Values x = in.getFirst();
    for (int i = 0; i < x.rows(); i++) {
      double max = Double.NEGATIVE_INFINITY;
      for (int c = 0; c < x.columns(); c++) {
        max = Math.max(max, x.get(i, c));
      }
      double sum = 0;
      for (int c = 0; c < x.columns(); c++) {
        sum += Math.exp(x.get(i, c) - max);
      }
      for (int c = 0; c < x.columns(); c++) {
        out.getFirst().set(i, c, Math.exp(x.get(i, c) - max) / sum);
      }
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
        Fast.rowGrain(columns),
        (from, to) -> {
          for (int i = from; i < to; i++) {
            long row = 4L * i * columns;
            float max = Reductions.max(x, row, columns);
            float sum = Fast.storeExp(x, row, columns, max, y);
            Fast.scale(y, row, columns, 1 / sum);
          }
        });
  }

  @Override
  public List<Command> commands(List<Tensor> in, List<Tensor> out) {
    Shape x = in.getFirst().shape();
    return Kernels.blocks(
        "softmax_forward_f32", x.rows(), in.getFirst(), out.getFirst(), x.columns());
  }

  @Override
  public boolean rereadsOutput() {
    return true;
  }

  @Override
  public void vjp(Backprop b) {
    b.write(0, (dx, add) -> Ops.into(new Backward(add), dx, b.out(0), b.dy()));
  }

  static List<Sample> samples() {
    List<Sample> samples = new ArrayList<>();
    int[][] shapes = {
      {1, 1}, {3, 5}, {2, 16}, {7, 37}, {5, 768}, {0, 8}, {4, 0}, {40, 129}, {2, 1000}, {2, 2381}
    };
    for (int[] s : shapes) {
      samples.add(Sample.of(new Softmax(), s[1], Input.normal(s)));
    }
    samples.add(Sample.of(new Softmax(), 2381, Input.uniform(-1e4, 1e4, 2, 2381)));
    samples.add(Sample.of(new Softmax(), 16, Input.normal(16)));
    samples.add(Sample.of(new Softmax(), 24, Input.uniform(3, 3, 2, 3, 24)));
    samples.add(Sample.of(new Softmax(), 100, Input.uniform(-1e4, 1e4, 3, 100)));
    return samples;
  }

  /**
   * {@code dx}, see {@link Softmax}: y, dy [..., C] → dx [..., C].
   *
   * @param accumulate whether to add to dx
   */
  record Backward(boolean accumulate) implements Op, Op.NonDifferentiable {
    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
      Require.count(this, in, 2);
      Require.sameFloat(this, in, 0, 1);
      Require.sameShape(this, in, 0, 1);
      Require.rankAtLeast(this, in, 0, 1);
      return List.of(in.getFirst());
    }

    @Override
    public boolean updates() {
      return accumulate;
    }

    @Override
    public void reference(List<Values> in, List<Values> out) {
      Values y = in.get(0);
      Values dy = in.get(1);
      for (int i = 0; i < y.rows(); i++) {
        double sum = 0;
        for (int c = 0; c < y.columns(); c++) {
          sum += dy.get(i, c) * y.get(i, c);
        }
        for (int c = 0; c < y.columns(); c++) {
          out.getFirst().add(i, c, y.get(i, c) * (dy.get(i, c) - sum));
        }
      }
    }

    @Override
    public void cpu(List<Tensor> in, List<Tensor> out) {
      MemorySegment y = in.get(0).segment();
      MemorySegment dy = in.get(1).segment();
      MemorySegment dx = out.getFirst().segment();
      int columns = in.getFirst().shape().columns();
      Parallel.range(
          0,
          in.getFirst().shape().rows(),
          Fast.rowGrain(columns),
          (from, to) -> {
            for (int i = from; i < to; i++) {
              Fast.backward(y, dy, 4L * i * columns, columns, dx, accumulate);
            }
          });
    }

    @Override
    public List<Command> commands(List<Tensor> in, List<Tensor> out) {
      Shape y = in.getFirst().shape();
      return Kernels.blocks(
          "softmax_backward_f32",
          y.rows(),
          in.get(0),
          in.get(1),
          out.getFirst(),
          y.columns(),
          accumulate);
    }

    static List<Sample> samples() {
      List<Sample> samples = new ArrayList<>();
      int[][] shapes = {{1, 1}, {3, 5}, {2, 16}, {7, 37}, {5, 768}, {0, 8}, {2, 1000}, {2, 2381}};
      for (int[] s : shapes) {
        for (boolean accumulate : new boolean[] {false, true}) {
          samples.add(
              Sample.of(new Backward(accumulate), s[1], Input.uniform(0, 1, s), Input.normal(s)));
        }
      }
      return samples;
    }
  }

  /** The loops over one row. Offsets are in bytes. */
  static final class Fast {
    private static final int GRAIN = 1 << 12;

    private Fast() {}

    /** Rows worth handing to another thread. */
    static int rowGrain(int columns) {
      return Math.max(1, GRAIN / Math.max(1, columns));
    }

    /** Stores {@code e^(x[i] - max)} and returns the sum, in the order of {@link Simd}. */
    static float storeExp(MemorySegment x, long offset, int n, float max, MemorySegment y) {
      FloatVector s0 = FloatVector.zero(SPECIES);
      FloatVector s1 = s0;
      FloatVector s2 = s0;
      FloatVector s3 = s0;
      int i = 0;
      for (; i <= n - LANES; i += LANES) {
        s0 = stored(x, offset, i, max, y, s0);
        if (LENGTH <= 8) {
          s1 = stored(x, offset, i + LENGTH, max, y, s1);
        }
        if (LENGTH == 4) {
          s2 = stored(x, offset, i + 2 * LENGTH, max, y, s2);
          s3 = stored(x, offset, i + 3 * LENGTH, max, y, s3);
        }
      }
      if (i < n) {
        s0 = storedBelow(x, offset, i, n, max, y, s0);
        s1 = storedBelow(x, offset, i + LENGTH, n, max, y, s1);
        s2 = storedBelow(x, offset, i + 2 * LENGTH, n, max, y, s2);
        s3 = storedBelow(x, offset, i + 3 * LENGTH, n, max, y, s3);
      }
      return Simd.sumLanes(s0, s1, s2, s3);
    }

    /** {@code Σ e^(x[i] - max)}: the sum of {@link #storeExp}, without storing. */
    static float sumExp(MemorySegment x, long offset, int n, float max) {
      FloatVector s0 = FloatVector.zero(SPECIES);
      FloatVector s1 = s0;
      FloatVector s2 = s0;
      FloatVector s3 = s0;
      int i = 0;
      for (; i <= n - LANES; i += LANES) {
        s0 = s0.add(exp(x, offset, i, max));
        if (LENGTH <= 8) {
          s1 = s1.add(exp(x, offset, i + LENGTH, max));
        }
        if (LENGTH == 4) {
          s2 = s2.add(exp(x, offset, i + 2 * LENGTH, max));
          s3 = s3.add(exp(x, offset, i + 3 * LENGTH, max));
        }
      }
      if (i < n) {
        s0 = s0.add(expBelow(x, offset, i, n, max));
        s1 = s1.add(expBelow(x, offset, i + LENGTH, n, max));
        s2 = s2.add(expBelow(x, offset, i + 2 * LENGTH, n, max));
        s3 = s3.add(expBelow(x, offset, i + 3 * LENGTH, n, max));
      }
      return Simd.sumLanes(s0, s1, s2, s3);
    }

    static void scale(MemorySegment y, long offset, int n, float factor) {
      int i = 0;
      for (; i <= n - LENGTH; i += LENGTH) {
        store(load(y, offset, i).mul(factor), y, offset, i);
      }
      if (i < n) {
        storeBelow(loadBelow(y, offset, i, n).mul(factor), y, offset, i, n);
      }
    }

    static void backward(
        MemorySegment y, MemorySegment dy, long offset, int n, MemorySegment dx, boolean add) {
      float sum = Reductions.dot(dy, offset, y, offset, n);
      int i = 0;
      for (; i <= n - LENGTH; i += LENGTH) {
        FloatVector d = load(dy, offset, i).sub(sum).mul(load(y, offset, i));
        store(add ? d.add(load(dx, offset, i)) : d, dx, offset, i);
      }
      if (i < n) {
        FloatVector d = loadBelow(dy, offset, i, n).sub(sum).mul(loadBelow(y, offset, i, n));
        storeBelow(add ? d.add(loadBelow(dx, offset, i, n)) : d, dx, offset, i, n);
      }
    }

    private static FloatVector exp(MemorySegment x, long offset, int i, float max) {
      return VectorMath.exp(load(x, offset, i).sub(max));
    }

    private static FloatVector expBelow(MemorySegment x, long offset, int i, int n, float max) {
      FloatVector e = VectorMath.exp(loadBelow(x, offset, i, n).sub(max));
      return FloatVector.zero(SPECIES).blend(e, Simd.below(i, n));
    }

    private static FloatVector stored(
        MemorySegment x, long offset, int i, float max, MemorySegment y, FloatVector sum) {
      FloatVector e = exp(x, offset, i, max);
      store(e, y, offset, i);
      return sum.add(e);
    }

    private static FloatVector storedBelow(
        MemorySegment x, long offset, int i, int n, float max, MemorySegment y, FloatVector sum) {
      FloatVector e = expBelow(x, offset, i, n, max);
      storeBelow(e, y, offset, i, n);
      return sum.add(e);
    }
  }
}
