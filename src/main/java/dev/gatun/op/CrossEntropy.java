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
import dev.gatun.cpu.VectorMath;
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
 * The cross-entropy of a softmax with the labels, summed over the rows that have one.
 *
 * <pre>
 *   m[n]    = max_v x[n,v]        s[n] = Σ_v e^(x[n,v] - m[n])
 *   q[n,v]  = (1 - ε)·[v = t[n]] + ε/V
 *   loss    = scale·Σ_n (m[n] + log s[n] - Σ_v q[n,v]·x[n,v])          over n with t[n] ≥ 0
 *   dx[n,v] = dloss·scale·(e^(x[n,v] - m[n]) / s[n] - q[n,v])
 * </pre>
 *
 * <p>ε smooths the labels: Szegedy et al., "Rethinking the Inception Architecture", 2016, section
 * 7, and the {@code LabelSmoother} of Hugging Face. It is 0 for the plain loss.
 *
 * <p>x [N,V], t I32 [N] → loss [1], m [N], s [N]. A negative label, by convention -100, excludes
 * its row: nothing is added, its gradient is 0, its m and s are 0 and 1. A label of V or more is an
 * error. The mean over the labels is scale = 1/their number. The second and third outputs serve the
 * gradient, which is written over the logits where nothing else reads them, so that the largest
 * tensor of a model exists once. The losses of the rows are added in double, in ascending order.
 *
 * @param scale the factor of the sum
 * @param smoothing ε, from 0 to 1
 */
record CrossEntropy(float scale, float smoothing) implements Op, Op.Differentiable {
  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    Require.count(this, in, 2);
    DType dtype = Require.sameFloat(this, in, 0);
    Require.rank(this, in, 0, 2);
    Require.integers(this, in, 1);
    Require.vectorOfRows(this, in, 1, 0);
    TensorSpec rows = new TensorSpec(in.get(1).shape(), dtype);
    return List.of(new TensorSpec(Shape.of(1), dtype), rows, rows);
  }

  @Override
  public void reference(List<Values> in, List<Values> out) {
    Values x = in.get(0);
    double loss = 0;
    for (int n = 0; n < x.rows(); n++) {
      double max = 0;
      double sum = 1;
      if (in.get(1).getInt(n) >= 0) {
        int label = label(in.get(1).getInt(n), n, x.columns());
        max = Double.NEGATIVE_INFINITY;
        for (int v = 0; v < x.columns(); v++) {
          max = Math.max(max, x.get(n, v));
        }
        sum = 0;
        for (int v = 0; v < x.columns(); v++) {
          sum += Math.exp(x.get(n, v) - max);
        }
        double mean = 0;
        for (int v = 0; v < x.columns(); v++) {
          mean += x.get(n, v) / x.columns();
        }
        double expected = (1 - (double) smoothing) * x.get(n, label) + smoothing * mean;
        loss += max + Math.log(sum) - (smoothing == 0 ? x.get(n, label) : expected);
      }
      out.get(1).set(n, max);
      out.get(2).set(n, sum);
    }
    out.get(0).set(0, scale * loss);
  }

  private int label(int label, int row, int vocabulary) {
    return Require.index(this, "label", row, label, vocabulary);
  }

  @Override
  public void cpu(List<Tensor> in, List<Tensor> out) {
    MemorySegment x = in.get(0).segment();
    MemorySegment labels = in.get(1).segment();
    MemorySegment max = out.get(1).segment();
    MemorySegment sum = out.get(2).segment();
    int rows = in.get(0).shape().rows();
    int vocabulary = in.get(0).shape().columns();
    Parallel.range(
        0,
        rows,
        Softmax.Fast.rowGrain(vocabulary),
        (from, to) -> {
          for (int n = from; n < to; n++) {
            boolean counts = labels.getAtIndex(ValueLayout.JAVA_INT, n) >= 0;
            long row = 4L * n * vocabulary;
            float m = counts ? Reductions.max(x, row, vocabulary) : 0;
            float s = counts ? Softmax.Fast.sumExp(x, row, vocabulary, m) : 1;
            max.setAtIndex(ValueLayout.JAVA_FLOAT, n, m);
            sum.setAtIndex(ValueLayout.JAVA_FLOAT, n, s);
          }
        });
    double loss = 0;
    for (int n = 0; n < rows; n++) {
      int label = labels.getAtIndex(ValueLayout.JAVA_INT, n);
      if (label >= 0) {
        label(label, n, vocabulary);
        loss +=
            (double) max.getAtIndex(ValueLayout.JAVA_FLOAT, n)
                - expected(x, n, vocabulary, label)
                + StrictMath.log(sum.getAtIndex(ValueLayout.JAVA_FLOAT, n));
      }
    }
    out.getFirst().segment().setAtIndex(ValueLayout.JAVA_FLOAT, 0, (float) (scale * loss));
  }

  /** {@code Σ_v q[n,v]·x[n,v]}. */
  private double expected(MemorySegment x, int n, int vocabulary, int label) {
    float target = x.getAtIndex(ValueLayout.JAVA_FLOAT, (long) n * vocabulary + label);
    if (smoothing == 0) {
      return target;
    }
    float sum = Reductions.sum(x, 4L * n * vocabulary, vocabulary);
    return (1 - (double) smoothing) * target + (double) smoothing * sum / vocabulary;
  }

  @Override
  public List<Command> commands(List<Tensor> in, List<Tensor> out) {
    Shape x = in.get(0).shape();
    Command.Argument losses = new Command.Argument.Scratch(4L * Math.max(1, x.rows()));
    List<Command> commands = new ArrayList<>();
    commands.addAll(
        Kernels.blocks(
            "cross_entropy_rows_f32",
            x.rows(),
            in.get(0),
            in.get(1),
            out.get(1),
            out.get(2),
            losses,
            x.columns(),
            smoothing));
    commands.add(
        Kernels.launch(
            "cross_entropy_sum_f32",
            new Command.Dim3(1, 1, 1),
            new Command.Dim3(1024, 1, 1),
            losses,
            out.get(0),
            x.rows(),
            scale));
    return commands;
  }

  @Override
  public boolean rereadsOutput() {
    return false;
  }

  @Override
  public void vjp(Backprop b) {
    Tensor[] in = {b.in(0), b.in(1), b.out(1), b.out(2), b.dy()};
    Tensor logits = b.overwritableInput();
    if (logits == null) {
      b.write(0, (dx, add) -> Ops.into(new Backward(scale, smoothing, add), dx, in));
    } else {
      Ops.into(new Backward(scale, smoothing, false), logits, in);
      b.add(0, logits);
    }
  }

  static List<Sample> samples() {
    List<Sample> samples = new ArrayList<>();
    samples.add(sample(3, 5, Input.integers(Shape.of(3), 4, -100, 0)));
    samples.add(sample(1, 1, Input.integers(0, 1, 1)));
    samples.add(sample(2, 16, Input.integers(Shape.of(2), -100, -1)));
    samples.add(sample(0, 8, Input.integers(0, 8, 0)));
    samples.add(sample(40, 129, Input.integers(-20, 129, 40)));
    samples.add(sample(3, 1031, Input.integers(0, 1031, 3)));
    samples.add(sample(2, 2381, Input.integers(0, 2381, 2)));
    // Nine rows of most threads that add up; few have a label, so that the others take no time.
    samples.add(sample(9516, 2, Input.integers(-9, 2, 9516)));
    samples.add(
        Sample.of(
            new CrossEntropy(1, 0),
            100,
            Input.uniform(-1e4, 1e4, 5, 100),
            Input.integers(0, 100, 5)));
    samples.add(
        Sample.of(
            new CrossEntropy(1, 0),
            2381,
            Input.uniform(-1e4, 1e4, 2, 2381),
            Input.integers(0, 2381, 2)));
    samples.add(
        Sample.of(
            new CrossEntropy(0.5f, 0.1f),
            2381,
            Input.normal(3, 2381),
            Input.integers(Shape.of(3), 2380, -100, 300)));
    for (float smoothing : new float[] {0.1f, 1}) {
      samples.add(
          Sample.of(
              new CrossEntropy(0.5f, smoothing),
              50,
              Input.normal(7, 50),
              Input.integers(-2, 50, 7)));
    }
    return samples;
  }

  private static Sample sample(int rows, int vocabulary, Input labels) {
    return Sample.of(
        new CrossEntropy(0.25f, 0), vocabulary, Input.normal(rows, vocabulary), labels);
  }

  /**
   * {@code dx}, see {@link CrossEntropy}: x [N,V], t I32 [N], m [N], s [N], dloss [1] → dx [N,V],
   * which may be the memory of x.
   *
   * @param accumulate whether to add to dx
   */
  record Backward(float scale, float smoothing, boolean accumulate)
      implements Op, Op.NonDifferentiable {
    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
      Require.count(this, in, 5);
      Require.sameFloat(this, in, 0, 2, 3, 4);
      Require.rank(this, in, 0, 2);
      Require.integers(this, in, 1);
      for (int perRow = 1; perRow <= 3; perRow++) {
        Require.vectorOfRows(this, in, perRow, 0);
      }
      Require.that(this, in.get(4).shape().elements() == 1, "dloss must be one number", in);
      return List.of(in.getFirst());
    }

    @Override
    public boolean updates() {
      return accumulate;
    }

    @Override
    public void reference(List<Values> in, List<Values> out) {
      Values x = in.get(0);
      for (int n = 0; n < x.rows(); n++) {
        int label = in.get(1).getInt(n);
        double factor = label < 0 ? 0 : in.get(4).get(0) * scale;
        for (int v = 0; v < x.columns() && label >= 0; v++) {
          double p = Math.exp(x.get(n, v) - in.get(2).get(n)) / in.get(3).get(n);
          double q = (v == label ? 1 - (double) smoothing : 0) + (double) smoothing / x.columns();
          out.getFirst().add(n, v, factor * (p - q));
        }
      }
    }

    @Override
    public void cpu(List<Tensor> in, List<Tensor> out) {
      MemorySegment x = in.get(0).segment();
      MemorySegment labels = in.get(1).segment();
      MemorySegment max = in.get(2).segment();
      MemorySegment sum = in.get(3).segment();
      float factor = scale * in.get(4).segment().getAtIndex(ValueLayout.JAVA_FLOAT, 0);
      MemorySegment dx = out.getFirst().segment();
      int vocabulary = in.get(0).shape().columns();
      float spread = smoothing / Math.max(1, vocabulary);
      Parallel.range(
          0,
          in.get(0).shape().rows(),
          Softmax.Fast.rowGrain(vocabulary),
          (from, to) -> {
            for (int n = from; n < to; n++) {
              int label = labels.getAtIndex(ValueLayout.JAVA_INT, n);
              long row = 4L * n * vocabulary;
              if (label >= 0) {
                float m = max.getAtIndex(ValueLayout.JAVA_FLOAT, n);
                float s = sum.getAtIndex(ValueLayout.JAVA_FLOAT, n);
                long target = row / 4 + label;
                float before = accumulate ? dx.getAtIndex(ValueLayout.JAVA_FLOAT, target) : 0;
                float p = VectorMath.exp(x.getAtIndex(ValueLayout.JAVA_FLOAT, target) - m) / s;
                Fast.backward(x, row, vocabulary, m, 1 / s, spread, factor, dx, accumulate);
                float q = 1 - smoothing + spread;
                dx.setAtIndex(ValueLayout.JAVA_FLOAT, target, Math.fma(factor, p - q, before));
              } else if (!accumulate) {
                dx.asSlice(row, 4L * vocabulary).fill((byte) 0);
              }
            }
          });
    }

    @Override
    public List<Command> commands(List<Tensor> in, List<Tensor> out) {
      Shape x = in.get(0).shape();
      return Kernels.blocks(
          "cross_entropy_backward_f32",
          x.rows(),
          in.get(0),
          in.get(1),
          in.get(2),
          in.get(3),
          in.get(4),
          out.getFirst(),
          x.columns(),
          scale,
          smoothing,
          accumulate);
    }

    static List<Sample> samples() {
      List<Sample> samples = new ArrayList<>();
      int[][] shapes = {{1, 1}, {3, 5}, {2, 16}, {40, 129}, {0, 8}, {2, 2381}};
      for (int[] s : shapes) {
        for (boolean accumulate : new boolean[] {false, true}) {
          samples.add(
              Sample.of(
                  new Backward(0.5f, s[0] == 3 ? 0.2f : 0, accumulate),
                  s[1],
                  Input.normal(s),
                  Input.integers(Math.min(0, 1 - s[0]), s[1], s[0]),
                  Input.uniform(1, 3, s[0]),
                  Input.uniform(1, 3, s[0]),
                  Input.normal(1)));
        }
      }
      for (int columns : new int[] {600, 1000, 2381}) {
        for (boolean accumulate : new boolean[] {false, true}) {
          samples.add(
              Sample.of(
                  new Backward(0.5f, 0.2f, accumulate),
                  columns,
                  Input.normal(4, columns),
                  Input.integers(Shape.of(4), columns - 1, -100, 0, Math.min(columns / 2, 600)),
                  Input.uniform(1, 3, 4),
                  Input.uniform(1, 3, 4),
                  Input.normal(1)));
        }
      }
      return samples;
    }
  }

  private static final class Fast {
    private Fast() {}

    /** {@code dx[i] (+)= (e^(x[i] - max)·inverse - spread)·factor}; dx may be x. */
    static void backward(
        MemorySegment x,
        long offset,
        int n,
        float max,
        float inverse,
        float spread,
        float factor,
        MemorySegment dx,
        boolean accumulate) {
      int i = 0;
      for (; i <= n - LENGTH; i += LENGTH) {
        FloatVector d =
            VectorMath.exp(load(x, offset, i).sub(max)).mul(inverse).sub(spread).mul(factor);
        store(accumulate ? d.add(load(dx, offset, i)) : d, dx, offset, i);
      }
      if (i < n) {
        FloatVector d =
            VectorMath.exp(loadBelow(x, offset, i, n).sub(max))
                .mul(inverse)
                .sub(spread)
                .mul(factor);
        storeBelow(accumulate ? d.add(loadBelow(dx, offset, i, n)) : d, dx, offset, i, n);
      }
    }
  }
}
