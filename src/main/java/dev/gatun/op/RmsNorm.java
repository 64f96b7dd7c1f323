package dev.gatun.op;

import static dev.gatun.cpu.Simd.LANES;
import static dev.gatun.cpu.Simd.LENGTH;
import static dev.gatun.cpu.Simd.SPECIES;
import static dev.gatun.cpu.Simd.load;
import static dev.gatun.cpu.Simd.loadBelow;
import static dev.gatun.cpu.Simd.store;
import static dev.gatun.cpu.Simd.storeBelow;

import dev.gatun.autograd.Backprop;
import dev.gatun.core.DType;
import dev.gatun.core.Shape;
import dev.gatun.cpu.Parallel;
import dev.gatun.cpu.Reductions;
import dev.gatun.cpu.Simd;
import dev.gatun.device.Command;
import dev.gatun.op.Sample.Input;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.TensorSpec;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import jdk.incubator.vector.FloatVector;

/**
 * Root-mean-square norm over the last axis.
 *
 * <pre>
 *   r     = 1 / √(1/C·Σ_c x[c]² + ε)
 *   y[c]  = x[c]·r·g[c]                                  g = w, or 1 + w (Gemma)
 *   dx[c] = r·(dy[c]·g[c] - x[c]·r²/C·Σ_j dy[j]·g[j]·x[j])
 *   dw[c] = Σ_rows dy[c]·x[c]·r
 * </pre>
 *
 * <p>x [..., C], w [C] → y [..., C], r [rows]. Zhang, Sennrich, "Root Mean Square Layer
 * Normalization", 2019, equation 4. The second output serves the gradient.
 *
 * @param eps ε
 * @param onePlusWeight whether the weight is stored as its difference from 1
 */
record RmsNorm(float eps, boolean onePlusWeight) implements Op, Op.Differentiable {
  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    Require.count(this, in, 2);
    DType dtype = Require.sameFloat(this, in, 0, 1);
    Require.vectorOfColumns(this, in, 1, 0);
    return List.of(in.getFirst(), new TensorSpec(Shape.of(in.getFirst().shape().rows()), dtype));
  }

  @Override
  public void reference(List<Values> in, List<Values> out) {
    Values x = in.get(0);
    Values w = in.get(1);
    for (int i = 0; i < x.rows(); i++) {
      double squares = 0;
      for (int c = 0; c < x.columns(); c++) {
        squares += x.get(i, c) * x.get(i, c);
      }
      double r = 1 / Math.sqrt(squares / x.columns() + eps);
      for (int c = 0; c < x.columns(); c++) {
        out.get(0).set(i, c, x.get(i, c) * r * gain(w, c));
      }
      out.get(1).set(i, r);
    }
  }

  private double gain(Values w, int c) {
    return onePlusWeight ? 1 + w.get(c) : w.get(c);
  }

  @Override
  public void cpu(List<Tensor> in, List<Tensor> out) {
    MemorySegment x = in.get(0).segment();
    MemorySegment w = in.get(1).segment();
    MemorySegment y = out.get(0).segment();
    MemorySegment r = out.get(1).segment();
    int columns = in.get(0).shape().columns();
    float one = onePlusWeight ? 1 : 0;
    Parallel.range(
        0,
        in.get(0).shape().rows(),
        Math.max(1, Fast.GRAIN / Math.max(1, columns)),
        (from, to) -> {
          for (int i = from; i < to; i++) {
            Fast.forward(x, 4L * i * columns, w, one, eps, columns, y, r, i);
          }
        });
  }

  @Override
  public List<Command> commands(List<Tensor> in, List<Tensor> out) {
    Shape x = in.get(0).shape();
    return Kernels.warps(
        "rms_norm_forward_f32",
        x.rows(),
        in.get(0),
        in.get(1),
        out.get(0),
        out.get(1),
        x.rows(),
        x.columns(),
        eps,
        onePlusWeight ? 1f : 0f);
  }

  @Override
  public boolean rereadsOutput() {
    return false;
  }

  @Override
  public void vjp(Backprop b) {
    Tensor x = b.in(0);
    Tensor w = b.in(1);
    Tensor r = b.out(1);
    Tensor dy = b.dy();
    b.write(0, (dx, add) -> Ops.into(new Backward(onePlusWeight, add), dx, x, w, r, dy));
    b.write(1, (dw, add) -> Ops.into(new BackwardWeight(add), dw, x, r, dy));
  }

  static List<Sample> samples() {
    List<Sample> samples = new ArrayList<>();
    int[][] shapes = {
      {1, 1}, {3, 5}, {2, 16}, {7, 37}, {3, 38}, {5, 768}, {0, 8}, {40, 129}, {2, 9616}, {2, 2381},
      {2, 512}
    };
    for (int[] s : shapes) {
      samples.add(
          Sample.of(new RmsNorm(1e-5f, false), s[1], Input.normal(s[0], s[1]), Input.normal(s[1])));
    }
    samples.add(Sample.of(new RmsNorm(1e-6f, true), 24, Input.normal(2, 3, 24), Input.normal(24)));
    samples.add(
        Sample.of(new RmsNorm(0.01f, false), 24, Input.uniform(0, 0, 2, 24), Input.normal(24)));
    return samples;
  }

  /**
   * {@code dx}, see {@link RmsNorm}: x [..., C], w [C], r [rows], dy [..., C] → dx [..., C].
   *
   * @param accumulate whether to add to dx
   */
  record Backward(boolean onePlusWeight, boolean accumulate) implements Op, Op.NonDifferentiable {
    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
      Require.count(this, in, 4);
      Require.sameFloat(this, in, 0, 1, 2, 3);
      Require.vectorOfColumns(this, in, 1, 0);
      Require.sameShape(this, in, 0, 3);
      return List.of(in.getFirst());
    }

    @Override
    public boolean updates() {
      return accumulate;
    }

    @Override
    public void reference(List<Values> in, List<Values> out) {
      Values x = in.get(0);
      Values w = in.get(1);
      Values dy = in.get(3);
      for (int i = 0; i < x.rows(); i++) {
        double r = in.get(2).get(i);
        double sum = 0;
        for (int c = 0; c < x.columns(); c++) {
          sum += dy.get(i, c) * gain(w, c) * x.get(i, c);
        }
        for (int c = 0; c < x.columns(); c++) {
          double dx = r * (dy.get(i, c) * gain(w, c) - x.get(i, c) * r * r / x.columns() * sum);
          out.getFirst().add(i, c, dx);
        }
      }
    }

    private double gain(Values w, int c) {
      return onePlusWeight ? 1 + w.get(c) : w.get(c);
    }

    @Override
    public void cpu(List<Tensor> in, List<Tensor> out) {
      MemorySegment x = in.get(0).segment();
      MemorySegment w = in.get(1).segment();
      MemorySegment r = in.get(2).segment();
      MemorySegment dy = in.get(3).segment();
      MemorySegment dx = out.getFirst().segment();
      int columns = in.get(0).shape().columns();
      float one = onePlusWeight ? 1 : 0;
      Parallel.range(
          0,
          in.get(0).shape().rows(),
          Math.max(1, Fast.GRAIN / Math.max(1, columns)),
          (from, to) -> {
            for (int i = from; i < to; i++) {
              float scale = r.getAtIndex(ValueLayout.JAVA_FLOAT, i);
              Fast.backward(x, 4L * i * columns, w, one, scale, dy, columns, dx, accumulate);
            }
          });
    }

    @Override
    public List<Command> commands(List<Tensor> in, List<Tensor> out) {
      Shape x = in.get(0).shape();
      return Kernels.warps(
          "rms_norm_backward_f32",
          x.rows(),
          in.get(0),
          in.get(1),
          in.get(2),
          in.get(3),
          out.getFirst(),
          x.rows(),
          x.columns(),
          onePlusWeight ? 1f : 0f,
          accumulate);
    }

    static List<Sample> samples() {
      List<Sample> samples = new ArrayList<>();
      int[][] shapes = {
        {1, 1}, {3, 5}, {2, 16}, {7, 37}, {3, 38}, {5, 768}, {0, 8}, {19, 40}, {3, 40}, {2, 9616},
        {3, 9616}, {2, 2381}, {3, 2381}, {2, 512}, {2, 127}
      };
      for (int[] s : shapes) {
        for (boolean accumulate : new boolean[] {false, true}) {
          samples.add(
              Sample.of(
                  new Backward(s[0] == 3, accumulate),
                  s[1],
                  Input.normal(s[0], s[1]),
                  Input.normal(s[1]),
                  Input.uniform(0.5, 2, s[0]),
                  Input.normal(s[0], s[1])));
        }
      }
      return samples;
    }
  }

  /**
   * {@code dw}, see {@link RmsNorm}: x [..., C], r [rows], dy [..., C] → dw [C]. Rows are added as
   * in {@link SumRows}.
   *
   * @param accumulate whether to add to dw
   */
  record BackwardWeight(boolean accumulate) implements Op, Op.NonDifferentiable {
    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
      Require.count(this, in, 3);
      DType dtype = Require.sameFloat(this, in, 0, 1, 2);
      Require.sameShape(this, in, 0, 2);
      return List.of(new TensorSpec(Shape.of(in.getFirst().shape().columns()), dtype));
    }

    @Override
    public boolean updates() {
      return accumulate;
    }

    @Override
    public void reference(List<Values> in, List<Values> out) {
      Values x = in.get(0);
      for (int i = 0; i < x.rows(); i++) {
        for (int c = 0; c < x.columns(); c++) {
          out.getFirst().add(c, in.get(2).get(i, c) * x.get(i, c) * in.get(1).get(i));
        }
      }
    }

    @Override
    public void cpu(List<Tensor> in, List<Tensor> out) {
      MemorySegment x = in.get(0).segment();
      MemorySegment r = in.get(1).segment();
      MemorySegment dy = in.get(2).segment();
      MemorySegment dw = out.getFirst().segment();
      int rows = in.get(0).shape().rows();
      int columns = in.get(0).shape().columns();
      Parallel.range(
          0,
          Math.ceilDiv(columns, LENGTH),
          Math.max(1, Fast.GRAIN / Math.max(1, rows * LENGTH)),
          (from, to) -> {
            for (int strip = from; strip < to; strip++) {
              Fast.backwardWeight(x, r, dy, rows, columns, strip * LENGTH, dw, accumulate);
            }
          });
    }

    @Override
    public List<Command> commands(List<Tensor> in, List<Tensor> out) {
      Shape x = in.get(0).shape();
      return Kernels.sumRows(
          "rms_norm_backward_weight_f32",
          x.rows(),
          x.columns(),
          out.getFirst(),
          accumulate,
          in.toArray());
    }

    static List<Sample> samples() {
      List<Sample> samples = new ArrayList<>();
      // The last has rows enough for 31 rounds of four in each chunk of 1,000.
      int[][] shapes = {{1, 1}, {3, 5}, {130, 16}, {70, 37}, {0, 8}, {1100, 33}, {64_000, 1}};
      for (int[] s : shapes) {
        for (boolean accumulate : new boolean[] {false, true}) {
          samples.add(
              Sample.of(
                  new BackwardWeight(accumulate),
                  s[0],
                  Input.normal(s[0], s[1]),
                  Input.uniform(0.5, 2, s[0]),
                  Input.normal(s[0], s[1])));
        }
      }
      return samples;
    }
  }

  /** The loops over one row, or one strip of columns. Offsets are in bytes. */
  private static final class Fast {
    /** Elements worth handing to another thread. */
    static final int GRAIN = 1 << 13;

    private Fast() {}

    static void forward(
        MemorySegment x,
        long offset,
        MemorySegment w,
        float one,
        float eps,
        int n,
        MemorySegment y,
        MemorySegment r,
        int row) {
      float mean = Reductions.sumSquares(x, offset, n) / n;
      float scale = (float) (1 / Math.sqrt(mean + eps));
      r.setAtIndex(ValueLayout.JAVA_FLOAT, row, scale);
      int i = 0;
      for (; i <= n - LENGTH; i += LENGTH) {
        store(load(x, offset, i).mul(scale).mul(load(w, 0, i).add(one)), y, offset, i);
      }
      if (i < n) {
        FloatVector gain = loadBelow(w, 0, i, n).add(one);
        storeBelow(loadBelow(x, offset, i, n).mul(scale).mul(gain), y, offset, i, n);
      }
    }

    static void backward(
        MemorySegment x,
        long offset,
        MemorySegment w,
        float one,
        float r,
        MemorySegment dy,
        int n,
        MemorySegment dx,
        boolean accumulate) {
      float factor = -r * r / n * weightedDot(x, dy, offset, w, one, n);
      int i = 0;
      for (; i <= n - LENGTH; i += LENGTH) {
        FloatVector g = load(dy, offset, i).mul(load(w, 0, i).add(one));
        FloatVector d = load(x, offset, i).mul(factor).add(g).mul(r);
        store(accumulate ? d.add(load(dx, offset, i)) : d, dx, offset, i);
      }
      if (i < n) {
        FloatVector g = loadBelow(dy, offset, i, n).mul(loadBelow(w, 0, i, n).add(one));
        FloatVector d = loadBelow(x, offset, i, n).mul(factor).add(g).mul(r);
        storeBelow(accumulate ? d.add(loadBelow(dx, offset, i, n)) : d, dx, offset, i, n);
      }
    }

    /** {@code Σ dy[i]·(one + w[i])·x[i]} in the order of {@link Simd}. */
    private static float weightedDot(
        MemorySegment x, MemorySegment dy, long offset, MemorySegment w, float one, int n) {
      FloatVector s0 = FloatVector.zero(SPECIES);
      FloatVector s1 = s0;
      FloatVector s2 = s0;
      FloatVector s3 = s0;
      int i = 0;
      for (; i <= n - LANES; i += LANES) {
        s0 = product(x, dy, offset, w, one, i, s0);
        if (LENGTH <= 8) {
          s1 = product(x, dy, offset, w, one, i + LENGTH, s1);
        }
        if (LENGTH == 4) {
          s2 = product(x, dy, offset, w, one, i + 2 * LENGTH, s2);
          s3 = product(x, dy, offset, w, one, i + 3 * LENGTH, s3);
        }
      }
      if (i < n) {
        s0 = productBelow(x, dy, offset, w, one, i, n, s0);
        s1 = productBelow(x, dy, offset, w, one, i + LENGTH, n, s1);
        s2 = productBelow(x, dy, offset, w, one, i + 2 * LENGTH, n, s2);
        s3 = productBelow(x, dy, offset, w, one, i + 3 * LENGTH, n, s3);
      }
      return Simd.sumLanes(s0, s1, s2, s3);
    }

    private static FloatVector product(
        MemorySegment x,
        MemorySegment dy,
        long offset,
        MemorySegment w,
        float one,
        int i,
        FloatVector sum) {
      return load(dy, offset, i).mul(load(w, 0, i).add(one)).fma(load(x, offset, i), sum);
    }

    private static FloatVector productBelow(
        MemorySegment x,
        MemorySegment dy,
        long offset,
        MemorySegment w,
        float one,
        int i,
        int n,
        FloatVector sum) {
      FloatVector g = loadBelow(dy, offset, i, n).mul(loadBelow(w, 0, i, n).add(one));
      return g.fma(loadBelow(x, offset, i, n), sum);
    }

    static void backwardWeight(
        MemorySegment x,
        MemorySegment r,
        MemorySegment dy,
        int rows,
        int columns,
        int column,
        MemorySegment dw,
        boolean accumulate) {
      FloatVector total =
          accumulate ? loadBelow(dw, 0, column, columns) : FloatVector.zero(SPECIES);
      for (int start = 0; start < rows; start += SumRows.BLOCK) {
        int end = Math.min(rows, start + SumRows.BLOCK);
        FloatVector block = FloatVector.zero(SPECIES);
        for (int i = start; i < end; i++) {
          long offset = 4L * i * columns;
          float scale = r.getAtIndex(ValueLayout.JAVA_FLOAT, i);
          FloatVector normed = loadBelow(x, offset, column, columns).mul(scale);
          block = loadBelow(dy, offset, column, columns).fma(normed, block);
        }
        total = total.add(block);
      }
      storeBelow(total, dw, 0, column, columns);
    }
  }
}
