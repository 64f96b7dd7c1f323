package dev.gatun.op;

import dev.gatun.autograd.Backprop;
import dev.gatun.core.DType;
import dev.gatun.core.Shape;
import dev.gatun.cpu.Gemm;
import dev.gatun.cpu.Layout;
import dev.gatun.device.Command;
import dev.gatun.op.Sample.Input;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.TensorSpec;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * The matrix product, in the three layouts that training needs.
 *
 * <pre>
 *   NN  C[m,n] = Σ_k A[m,k]·B[k,n] (+ bias[n])    dA = dC·Bᵀ (NT)   dB = Aᵀ·dC (TN)
 *   NT  C[m,n] = Σ_k A[m,k]·B[n,k] (+ bias[n])    dA = dC·B  (NN)   dB = dCᵀ·A (TN)
 *   TN  C[m,n] = Σ_k A[k,m]·B[k,n] (+ bias[n])    dA = B·dCᵀ (NT)   dB = A·dC  (NN)
 *   dbias[n] = Σ_m dC[m,n]
 * </pre>
 *
 * <p>The leading axes of A count as rows: A [..., K], B [K,N] or [N,K], bias [N] → C [..., N]; in
 * TN, A [..., M] and B [..., N] have the same rows and C is [M,N]. NT is the linear layer with its
 * weight as Hugging Face stores it, [out, in].
 *
 * @param bias whether there is a third input, added to every row
 * @param accumulate whether to add to C
 */
record MatMul(Layout layout, boolean bias, boolean accumulate) implements Op, Op.Differentiable {
  static final Layout NN = Layout.NN;
  static final Layout NT = Layout.NT;
  static final Layout TN = Layout.TN;

  /** The sizes of one product. */
  private record Sizes(int m, int n, int k) {
    static Sizes of(Layout layout, Shape a, Shape b) {
      return switch (layout) {
        case NN -> new Sizes(a.rows(), b.columns(), a.columns());
        case NT -> new Sizes(a.rows(), b.rows(), a.columns());
        case TN -> new Sizes(a.columns(), b.columns(), a.rows());
      };
    }
  }

  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    Require.count(this, in, bias ? 3 : 2);
    DType dtype = bias ? Require.sameFloat(this, in, 0, 1, 2) : Require.sameFloat(this, in, 0, 1);
    Require.rankAtLeast(this, in, 0, 1);
    Require.rankAtLeast(this, in, 1, 2);
    Shape a = in.get(0).shape();
    Shape b = in.get(1).shape();
    Require.that(
        this, layout == TN || b.rank() == 2, "input 1 must be a matrix in layout " + layout, in);
    int innerOfB = layout == NT ? b.columns() : b.rows();
    Sizes sizes = Sizes.of(layout, a, b);
    Require.that(
        this,
        sizes.k() == innerOfB,
        "in layout " + layout + " the summed sizes must agree: " + sizes.k() + " and " + innerOfB,
        in);
    Shape c = layout == TN ? Shape.of(sizes.m(), sizes.n()) : a.withColumns(sizes.n());
    if (bias) {
      Require.that(this, in.get(2).shape().equals(Shape.of(sizes.n())), "bias must be [N]", in);
    }
    return List.of(new TensorSpec(c, dtype));
  }

  @Override
  public boolean updates() {
    return accumulate;
  }

  @Override
  public void reference(List<Values> in, List<Values> out) {
    Values a = in.get(0);
    Values b = in.get(1);
    Sizes sizes = Sizes.of(layout, a.shape(), b.shape());
    for (int i = 0; i < sizes.m(); i++) {
      for (int j = 0; j < sizes.n(); j++) {
        double sum = bias ? in.get(2).get(j) : 0;
        for (int k = 0; k < sizes.k(); k++) {
          double x = layout == TN ? a.get(k, i) : a.get(i, k);
          double y = layout == NT ? b.get(j, k) : b.get(k, j);
          sum += x * y;
        }
        out.getFirst().add(i * sizes.n() + j, sum);
      }
    }
  }

  @Override
  public void cpu(List<Tensor> in, List<Tensor> out) {
    Shape a = in.get(0).shape();
    Shape b = in.get(1).shape();
    Sizes sizes = Sizes.of(layout, a, b);
    MemorySegment added = bias ? in.get(2).segment() : null;
    Gemm.run(
        layout,
        sizes.m(),
        sizes.n(),
        sizes.k(),
        in.get(0).segment(),
        0,
        a.columns(),
        in.get(1).segment(),
        0,
        b.columns(),
        added,
        0,
        out.getFirst().segment(),
        0,
        sizes.n(),
        accumulate);
  }

  /** Multiplications and additions. */
  double flops(List<Tensor> in) {
    Sizes sizes = Sizes.of(layout, in.get(0).shape(), in.get(1).shape());
    return 2.0 * sizes.m() * sizes.n() * sizes.k();
  }

  @Override
  public List<Command> commands(List<Tensor> in, List<Tensor> out) {
    Sizes sizes = Sizes.of(layout, in.get(0).shape(), in.get(1).shape());
    if (sizes.m() == 0 || sizes.n() == 0) {
      return List.of();
    }
    return List.of(
        new Command.Gemm(
            layout == TN,
            layout == NT,
            sizes.m(),
            sizes.n(),
            sizes.k(),
            in.get(0).buffer(),
            in.get(1).buffer(),
            bias ? in.get(2).buffer() : null,
            out.getFirst().buffer(),
            accumulate));
  }

  @Override
  public boolean rereadsOutput() {
    return false;
  }

  @Override
  public void vjp(Backprop g) {
    Tensor a = g.in(0);
    Tensor b = g.in(1);
    Tensor dc = g.dy();
    g.write(
        0,
        (da, add) -> {
          switch (layout) {
            case NN -> Ops.into(new MatMul(NT, false, add), da, dc, b);
            case NT -> Ops.into(new MatMul(NN, false, add), da, dc, b);
            case TN -> Ops.into(new MatMul(NT, false, add), da, flat(b), dc);
          }
        });
    g.write(
        1,
        (db, add) -> {
          switch (layout) {
            case NN -> Ops.into(new MatMul(TN, false, add), db, a, dc);
            case NT -> Ops.into(new MatMul(TN, false, add), db, dc, a);
            case TN -> Ops.into(new MatMul(NN, false, add), db, a, dc);
          }
        });
    if (bias) {
      g.write(2, (dbias, add) -> Ops.into(new SumRows(add), dbias, dc));
    }
  }

  private static Tensor flat(Tensor tensor) {
    return tensor.view(tensor.shape().rows(), tensor.shape().columns());
  }

  static List<Sample> samples() {
    List<Sample> samples = new ArrayList<>();
    int[][] sizes = {
      {1, 1, 1},
      {3, 5, 7},
      {1, 37, 64},
      {13, 33, 17},
      {64, 96, 48},
      {5, 0, 3},
      {4, 3, 0},
      {17, 31, 0}
    };
    for (int[] s : sizes) {
      int m = s[0];
      int n = s[1];
      int k = s[2];
      for (boolean accumulate : new boolean[] {false, true}) {
        samples.add(
            Sample.of(
                new MatMul(NN, false, accumulate), k, Input.normal(m, k), Input.normal(k, n)));
        samples.add(
            Sample.of(
                new MatMul(NT, true, accumulate),
                k,
                Input.normal(m, k),
                Input.normal(n, k),
                Input.normal(n)));
        samples.add(
            Sample.of(
                new MatMul(TN, false, accumulate), k, Input.normal(k, m), Input.normal(k, n)));
      }
    }
    // Rows of no, one, two and three elements more than vectors of four hold.
    int[][] ragged = {
      {70, 131, 37},
      {41, 66, 38},
      {39, 45, 71},
      {5, 130, 40},
      {8, 12, 37},
      {3, 5, 1},
      {1, 70, 1500},
      {1, 33, 621}
    };
    for (int[] s : ragged) {
      for (Layout layout : Layout.values()) {
        for (boolean bias : new boolean[] {false, true}) {
          samples.add(sample(new MatMul(layout, bias, false), s[0], s[1], s[2]));
          samples.add(sample(new MatMul(layout, bias, true), s[0], s[1], s[2]));
        }
      }
    }
    // Ends in each part of a tile: behind each row and each column that a thread has in it.
    int[][] ends = {
      {70, 12, 2},
      {71, 13, 3},
      {72, 20, 4},
      {73, 21, 5},
      {70, 28, 6},
      {71, 29, 7},
      {20, 31, 8},
      {28, 31, 1},
      {52, 31, 2},
      {60, 31, 3},
      {69, 132, 4},
      {71, 129, 5},
      {72, 130, 6},
      {66, 66, 1},
      {130, 33, 1}
    };
    for (int[] s : ends) {
      for (Layout layout : Layout.values()) {
        samples.add(sample(new MatMul(layout, false, false), s[0], s[1], s[2]));
        if (s[1] < 30) { // each way to store has its own ends of rows
          samples.add(sample(new MatMul(layout, false, true), s[0], s[1], 60));
          samples.add(sample(new MatMul(layout, true, false), s[0], s[1], 60));
          samples.add(sample(new MatMul(layout, true, true), s[0], s[1], 60));
        }
      }
    }
    // What is added behind the end of the last row, in each part of a tile, is added behind C.
    for (int m : new int[] {6, 13, 20, 28, 36, 44, 52, 60}) {
      for (Layout layout : Layout.values()) {
        samples.add(sample(new MatMul(layout, false, true), m, 2, 3));
        samples.add(sample(new MatMul(layout, false, true), m, 31, 1));
      }
    }
    // An infinity in each row and column: behind the last tile none is left of the one before.
    for (Layout layout : Layout.values()) {
      Input a = Input.normal(layout == TN ? new int[] {37, 20} : new int[] {20, 37});
      Input b = Input.normal(layout == NT ? new int[] {20, 37} : new int[] {37, 20});
      samples.add(Sample.of(new MatMul(layout, false, true), 37, infinities(37), b));
      samples.add(Sample.of(new MatMul(layout, false, true), 37, a, infinities(37)));
    }
    samples.add(
        Sample.of(new MatMul(NT, false, false), 19, Input.normal(2, 3, 19), Input.normal(23, 19)));
    samples.add(
        Sample.of(new MatMul(TN, false, false), 6, Input.normal(2, 3, 19), Input.normal(2, 3, 23)));
    return samples;
  }

  /** Ones, and infinity on the diagonal. */
  private static Input infinities(int n) {
    List<Double> values = new ArrayList<>();
    for (int i = 0; i < n * n; i++) {
      values.add(i % (n + 1) == 0 ? Double.POSITIVE_INFINITY : 1);
    }
    return new Input(Input.normal(n, n).spec(), new Sample.Fill.Exactly(values));
  }

  private static Sample sample(MatMul op, int m, int n, int k) {
    List<Input> inputs = new ArrayList<>();
    inputs.add(op.layout == TN ? Input.normal(k, m) : Input.normal(m, k));
    inputs.add(op.layout == NT ? Input.normal(n, k) : Input.normal(k, n));
    if (op.bias) {
      inputs.add(Input.normal(n));
    }
    return new Sample(op, inputs, k);
  }
}
