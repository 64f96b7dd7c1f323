package dev.gatun.op;

import static dev.gatun.cpu.Simd.LENGTH;
import static dev.gatun.cpu.Simd.load;
import static dev.gatun.cpu.Simd.loadBelow;
import static dev.gatun.cpu.Simd.store;
import static dev.gatun.cpu.Simd.storeBelow;

import dev.gatun.autograd.Backprop;
import dev.gatun.core.DType;
import dev.gatun.core.Shape;
import dev.gatun.cpu.Parallel;
import dev.gatun.cpu.Reductions;
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
 * Layer norm over the last axis.
 *
 * <pre>
 *   μ     = 1/C·Σ_c x[c]          r = 1 / √(1/C·Σ_c (x[c] - μ)² + ε)
 *   y[c]  = (x[c] - μ)·r·w[c] + b[c]
 *   dx[c] = r·(g[c] - 1/C·Σ_j g[j] - (x[c] - μ)·r²/C·Σ_j g[j]·(x[j] - μ))   g[c] = dy[c]·w[c]
 *   dw[c] = Σ_rows dy[c]·(x[c] - μ)·r
 *   db[c] = Σ_rows dy[c]          ({@link SumRows})
 * </pre>
 *
 * <p>x [..., C], w [C], b [C] → y [..., C], μ [rows], r [rows]. Ba, Kiros, Hinton, "Layer
 * Normalization", 2016, equation 4. The second and third outputs serve the gradient. The variance
 * is that of the deviations, in a second pass: no difference of large squares.
 *
 * @param eps ε
 */
record LayerNorm(float eps) implements Op, Op.Differentiable {
  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    Require.count(this, in, 3);
    DType dtype = Require.sameFloat(this, in, 0, 1, 2);
    Require.vectorOfColumns(this, in, 1, 0);
    Require.vectorOfColumns(this, in, 2, 0);
    TensorSpec rows = new TensorSpec(Shape.of(in.getFirst().shape().rows()), dtype);
    return List.of(in.getFirst(), rows, rows);
  }

  @Override
  public void reference(List<Values> in, List<Values> out) {
    Values x = in.get(0);
    for (int i = 0; i < x.rows(); i++) {
      double sum = 0;
      for (int c = 0; c < x.columns(); c++) {
        sum += x.get(i, c);
      }
      double mean = sum / x.columns();
      double squares = 0;
      for (int c = 0; c < x.columns(); c++) {
        squares += (x.get(i, c) - mean) * (x.get(i, c) - mean);
      }
      double r = 1 / Math.sqrt(squares / x.columns() + eps);
      for (int c = 0; c < x.columns(); c++) {
        out.get(0).set(i, c, (x.get(i, c) - mean) * r * in.get(1).get(c) + in.get(2).get(c));
      }
      out.get(1).set(i, mean);
      out.get(2).set(i, r);
    }
  }

  @Override
  public void cpu(List<Tensor> in, List<Tensor> out) {
    MemorySegment x = in.get(0).segment();
    MemorySegment w = in.get(1).segment();
    MemorySegment b = in.get(2).segment();
    MemorySegment y = out.get(0).segment();
    MemorySegment mean = out.get(1).segment();
    MemorySegment r = out.get(2).segment();
    int columns = in.get(0).shape().columns();
    Parallel.range(
        0,
        in.get(0).shape().rows(),
        Fast.rowGrain(columns),
        (from, to) -> {
          for (int i = from; i < to; i++) {
            long row = 4L * i * columns;
            float center = Reductions.sum(x, row, columns) / columns;
            float scale = Fast.scale(x, row, columns, center, eps);
            mean.setAtIndex(ValueLayout.JAVA_FLOAT, i, center);
            r.setAtIndex(ValueLayout.JAVA_FLOAT, i, scale);
            Fast.forward(x, row, center, scale, w, b, columns, y);
          }
        });
  }

  @Override
  public List<Command> commands(List<Tensor> in, List<Tensor> out) {
    Shape x = in.get(0).shape();
    return Kernels.warps(
        "layer_norm_forward_f32",
        x.rows(),
        in.get(0),
        in.get(1),
        in.get(2),
        out.get(0),
        out.get(1),
        out.get(2),
        x.rows(),
        x.columns(),
        eps);
  }

  @Override
  public boolean rereadsOutput() {
    return false;
  }

  @Override
  public void vjp(Backprop b) {
    Tensor x = b.in(0);
    Tensor w = b.in(1);
    Tensor mean = b.out(1);
    Tensor r = b.out(2);
    Tensor dy = b.dy();
    b.write(0, (dx, add) -> Ops.into(new Backward(add), dx, x, w, mean, r, dy));
    b.write(1, (dw, add) -> Ops.into(new BackwardWeight(add), dw, x, mean, r, dy));
    b.write(2, (db, add) -> Ops.into(new SumRows(add), db, dy));
  }

  static List<Sample> samples() {
    List<Sample> samples = new ArrayList<>();
    int[][] shapes = {
      {1, 1}, {3, 5}, {2, 16}, {7, 37}, {3, 38}, {5, 768}, {0, 8}, {40, 129}, {2, 9616}, {2, 2381},
      {2, 512}
    };
    for (int[] s : shapes) {
      samples.add(
          Sample.of(
              new LayerNorm(1e-5f),
              s[1],
              Input.normal(s[0], s[1]),
              Input.normal(s[1]),
              Input.normal(s[1])));
    }
    samples.add(
        Sample.of(
            new LayerNorm(1e-5f), 24, Input.normal(2, 3, 24), Input.normal(24), Input.normal(24)));
    samples.add(
        Sample.of(
            new LayerNorm(0.01f),
            24,
            Input.uniform(0, 0, 2, 24),
            Input.normal(24),
            Input.normal(24)));
    samples.add(
        Sample.of(
            new LayerNorm(1e-5f),
            50,
            Input.uniform(-1e6, 1e6, 2, 50),
            Input.normal(50),
            Input.normal(50)));
    return samples;
  }

  /**
   * {@code dx}, see {@link LayerNorm}: x [..., C], w [C], μ [rows], r [rows], dy [..., C] → dx
   * [..., C].
   *
   * @param accumulate whether to add to dx
   */
  record Backward(boolean accumulate) implements Op, Op.NonDifferentiable {
    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
      Require.count(this, in, 5);
      Require.sameFloat(this, in, 0, 1, 2, 3, 4);
      Require.vectorOfColumns(this, in, 1, 0);
      Require.vectorOfRows(this, in, 2, 0);
      Require.vectorOfRows(this, in, 3, 0);
      Require.sameShape(this, in, 0, 4);
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
      Values dy = in.get(4);
      for (int i = 0; i < x.rows(); i++) {
        double mean = in.get(2).get(i);
        double r = in.get(3).get(i);
        double sum = 0;
        double product = 0;
        for (int c = 0; c < x.columns(); c++) {
          double g = dy.get(i, c) * w.get(c);
          sum += g;
          product += g * (x.get(i, c) - mean);
        }
        double slope = r * r / x.columns() * product;
        for (int c = 0; c < x.columns(); c++) {
          double g = dy.get(i, c) * w.get(c);
          double dx = r * (g - sum / x.columns() - (x.get(i, c) - mean) * slope);
          out.getFirst().add(i, c, dx);
        }
      }
    }

    @Override
    public void cpu(List<Tensor> in, List<Tensor> out) {
      MemorySegment x = in.get(0).segment();
      MemorySegment w = in.get(1).segment();
      MemorySegment mean = in.get(2).segment();
      MemorySegment r = in.get(3).segment();
      MemorySegment dy = in.get(4).segment();
      MemorySegment dx = out.getFirst().segment();
      int columns = in.get(0).shape().columns();
      Parallel.range(
          0,
          in.get(0).shape().rows(),
          Fast.rowGrain(columns),
          (from, to) -> {
            for (int i = from; i < to; i++) {
              long row = 4L * i * columns;
              float center = mean.getAtIndex(ValueLayout.JAVA_FLOAT, i);
              float scale = r.getAtIndex(ValueLayout.JAVA_FLOAT, i);
              LayerNormGradients.backward(x, row, center, scale, w, dy, columns, dx, accumulate);
            }
          });
    }

    @Override
    public List<Command> commands(List<Tensor> in, List<Tensor> out) {
      Shape x = in.get(0).shape();
      return Kernels.warps(
          "layer_norm_backward_f32",
          x.rows(),
          in.get(0),
          in.get(1),
          in.get(2),
          in.get(3),
          in.get(4),
          out.getFirst(),
          x.rows(),
          x.columns(),
          accumulate);
    }

    static List<Sample> samples() {
      List<Sample> samples = new ArrayList<>();
      int[][] shapes = {
        {1, 1}, {3, 5}, {2, 16}, {7, 37}, {3, 38}, {5, 768}, {0, 8}, {19, 40}, {2, 9616}, {2, 2381},
        {2, 512}, {2, 127}
      };
      for (int[] s : shapes) {
        for (boolean accumulate : new boolean[] {false, true}) {
          samples.add(
              Sample.of(
                  new Backward(accumulate),
                  s[1],
                  Input.normal(s[0], s[1]),
                  Input.normal(s[1]),
                  Input.normal(s[0]),
                  Input.uniform(0.5, 2, s[0]),
                  Input.normal(s[0], s[1])));
        }
      }
      return samples;
    }
  }

  /**
   * {@code dw}, see {@link LayerNorm}: x [..., C], μ [rows], r [rows], dy [..., C] → dw [C]. Rows
   * are added as in {@link SumRows}.
   *
   * @param accumulate whether to add to dw
   */
  record BackwardWeight(boolean accumulate) implements Op, Op.NonDifferentiable {
    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
      Require.count(this, in, 4);
      DType dtype = Require.sameFloat(this, in, 0, 1, 2, 3);
      Require.rankAtLeast(this, in, 0, 1);
      Require.vectorOfRows(this, in, 1, 0);
      Require.vectorOfRows(this, in, 2, 0);
      Require.sameShape(this, in, 0, 3);
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
          double normed = (x.get(i, c) - in.get(1).get(i)) * in.get(2).get(i);
          out.getFirst().add(c, in.get(3).get(i, c) * normed);
        }
      }
    }

    @Override
    public void cpu(List<Tensor> in, List<Tensor> out) {
      MemorySegment x = in.get(0).segment();
      MemorySegment mean = in.get(1).segment();
      MemorySegment r = in.get(2).segment();
      MemorySegment dy = in.get(3).segment();
      MemorySegment dw = out.getFirst().segment();
      int rows = in.get(0).shape().rows();
      int columns = in.get(0).shape().columns();
      Parallel.range(
          0,
          Math.ceilDiv(columns, SumRows.STRIP),
          Math.max(1, Fast.GRAIN / Math.max(1, rows * SumRows.STRIP)),
          (from, to) -> {
            int column = from * SumRows.STRIP;
            int end = Math.min(columns, to * SumRows.STRIP);
            for (; column <= end - 4 * LENGTH; column += 4 * LENGTH) {
              LayerNormGradients.backwardWeight4(
                  x, mean, r, dy, rows, columns, column, dw, accumulate);
            }
            for (; column < end; column += LENGTH) {
              LayerNormGradients.backwardWeight(
                  x, mean, r, dy, rows, columns, column, dw, accumulate);
            }
          });
    }

    @Override
    public List<Command> commands(List<Tensor> in, List<Tensor> out) {
      Shape x = in.get(0).shape();
      return Kernels.sumRows(
          "layer_norm_backward_weight_f32",
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
                  Input.normal(s[0]),
                  Input.uniform(0.5, 2, s[0]),
                  Input.normal(s[0], s[1])));
        }
      }
      return samples;
    }
  }

  /** The loops over one row. Offsets are in bytes. */
  private static final class Fast {
    /** Elements worth handing to another thread. */
    static final int GRAIN = 1 << 13;

    private Fast() {}

    static int rowGrain(int columns) {
      return Math.max(1, GRAIN / Math.max(1, columns));
    }

    static float scale(MemorySegment x, long offset, int n, float mean, float eps) {
      float variance = Reductions.sumSquaredDeviations(x, offset, n, mean) / n;
      return (float) (1 / Math.sqrt(variance + eps));
    }

    static void forward(
        MemorySegment x,
        long offset,
        float mean,
        float r,
        MemorySegment w,
        MemorySegment b,
        int n,
        MemorySegment y) {
      int i = 0;
      for (; i <= n - LENGTH; i += LENGTH) {
        FloatVector normed = load(x, offset, i).sub(mean).mul(r);
        store(normed.fma(load(w, 0, i), load(b, 0, i)), y, offset, i);
      }
      if (i < n) {
        FloatVector normed = loadBelow(x, offset, i, n).sub(mean).mul(r);
        storeBelow(normed.fma(loadBelow(w, 0, i, n), loadBelow(b, 0, i, n)), y, offset, i, n);
      }
    }
  }
}
