package dev.gatun.op;

import dev.gatun.autograd.Backprop;
import dev.gatun.core.ConfigurationException;
import dev.gatun.core.DType;
import dev.gatun.core.Shape;
import dev.gatun.cpu.Gemm;
import dev.gatun.cpu.Layout;
import dev.gatun.cpu.StoredMatrix;
import dev.gatun.device.Command;
import dev.gatun.op.Sample.Fill;
import dev.gatun.op.Sample.Input;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.List;

/**
 * The matrix product with frozen weights in fewer bits: BF16 or a quantised type.
 *
 * <pre>
 *   NN  C[m,n] = Σ_k A[m,k]·W[k,n] (+ bias[n])    dA = dC·Wᵀ (NT)
 *   NT  C[m,n] = Σ_k A[m,k]·W[n,k] (+ bias[n])    dA = dC·W  (NN)
 *   dbias[n] = Σ_m dC[m,n]
 * </pre>
 *
 * <p>The leading axes of A count as rows: A [..., K], W [K,N] or [N,K], bias [N] → C [..., N]. The
 * numbers are those of {@link MatMul} with the unpacked weights, bit for bit: they are unpacked
 * where that reads them, in the packing step of a product or in the registers of decoding. Weights
 * have no gradient. Dettmers et al., "QLoRA: Efficient Finetuning of Quantized LLMs", 2023,
 * equation 5.
 *
 * @param layout NN or NT
 * @param bias whether there is a third input, added to every row
 * @param accumulate whether to add to C
 */
record QuantizedMatMul(Layout layout, boolean bias, boolean accumulate)
    implements Op, Op.Differentiable, Op.HostOnly {
  QuantizedMatMul {
    if (layout == Layout.TN) {
      throw new IllegalArgumentException("stored weights are no factor of layout TN");
    }
  }

  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    Require.count(this, in, bias ? 3 : 2);
    DType dtype = bias ? Require.sameFloat(this, in, 0, 2) : Require.sameFloat(this, in, 0);
    Require.that(
        this,
        Quantization.isStored(in.get(1).dtype()),
        "input 1 must be BF16 or of a quantised type",
        in);
    Require.rankAtLeast(this, in, 0, 1);
    Require.rank(this, in, 1, 2);
    Shape a = in.get(0).shape();
    Shape w = in.get(1).shape();
    int inner = layout == Layout.NT ? w.columns() : w.rows();
    Require.that(
        this,
        a.columns() == inner,
        "in layout " + layout + " the summed sizes must agree: " + a.columns() + " and " + inner,
        in);
    int n = layout == Layout.NT ? w.rows() : w.columns();
    if (bias) {
      Require.that(this, in.get(2).shape().equals(Shape.of(n)), "bias must be [N]", in);
    }
    return List.of(new TensorSpec(a.withColumns(n), dtype));
  }

  @Override
  public boolean updates() {
    return accumulate;
  }

  @Override
  public void reference(List<Values> in, List<Values> out) {
    new MatMul(layout, bias, accumulate).reference(in, out);
  }

  @Override
  public void cpu(List<Tensor> in, List<Tensor> out) {
    Tensor w = in.get(1);
    Gemm.run(
        layout,
        in.get(0).shape().rows(),
        out.getFirst().shape().columns(),
        in.get(0).shape().columns(),
        in.get(0).segment(),
        new StoredMatrix(w.segment(), w.dtype(), w.shape().rows(), w.shape().columns()),
        bias ? in.get(2).segment() : null,
        out.getFirst().segment(),
        accumulate);
  }

  /** Multiplications and additions. */
  double flops(List<Tensor> in) {
    return 2.0 * in.get(0).shape().rows() * in.get(1).shape().elements();
  }

  @Override
  public List<Command> commands(List<Tensor> in, List<Tensor> out) {
    throw new ConfigurationException(
        "[%s] weights stored as %s are computed with on the cpu alone: use --device cpu, or F32"
            .formatted(name(), in.get(1).dtype()));
  }

  @Override
  public boolean rereadsOutput() {
    return false;
  }

  @Override
  public boolean flowsTo(int input) {
    return input != 1;
  }

  @Override
  public void vjp(Backprop g) {
    Layout back = layout == Layout.NN ? Layout.NT : Layout.NN;
    g.write(0, (da, add) -> Ops.into(new QuantizedMatMul(back, false, add), da, g.dy(), g.in(1)));
    if (bias) {
      g.write(2, (dbias, add) -> Ops.into(new SumRows(add), dbias, g.dy()));
    }
  }

  static List<Sample> samples() {
    List<Sample> samples = new ArrayList<>();
    int[][] sizes = {
      {1, 1, 1}, {3, 5, 7}, {1, 37, 64}, {13, 33, 17}, {9, 96, 130}, {5, 0, 3}, {4, 3, 0}
    };
    for (DType dtype : List.of(DType.BF16, DType.Q8_0, DType.Q4_0, DType.NF4, DType.NF4_DOUBLE)) {
      for (int[] s : sizes) {
        boolean accumulate = s[0] % 2 == 0;
        samples.add(
            Sample.of(
                new QuantizedMatMul(Layout.NN, false, accumulate),
                s[2],
                Input.normal(s[0], s[2]),
                weights(dtype, s[2], s[1])));
        samples.add(
            Sample.of(
                new QuantizedMatMul(Layout.NT, true, accumulate),
                s[2],
                Input.normal(s[0], s[2]),
                weights(dtype, s[1], s[2]),
                Input.normal(s[1])));
      }
    }
    return samples;
  }

  private static Input weights(DType dtype, int rows, int columns) {
    return new Input(new TensorSpec(Shape.of(rows, columns), dtype), new Fill.Normal(1));
  }
}
