package dev.gatun.op;

import dev.gatun.core.ConfigurationException;
import dev.gatun.core.DType;
import dev.gatun.core.Shape;
import dev.gatun.cpu.StoredMatrix;
import dev.gatun.device.Command;
import dev.gatun.op.Sample.Fill;
import dev.gatun.op.Sample.Input;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.TensorSpec;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Rows of a frozen table that is stored in fewer bits: BF16 or a quantised type.
 *
 * <pre>
 *   y[i,c]  = w[ids[i],c]
 * </pre>
 *
 * <p>w [V,C], ids I32 [...] → y F32 [..., C]. An id outside 0 .. V-1 is an error.
 */
record QuantizedEmbedding() implements Op, Op.NonDifferentiable, Op.HostOnly {
  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    Require.count(this, in, 2);
    Require.that(
        this,
        Quantization.isStored(in.get(0).dtype()),
        "input 0 must be BF16 or of a quantised type",
        in);
    Require.rank(this, in, 0, 2);
    Require.integers(this, in, 1);
    int[] ids = in.get(1).shape().toArray();
    int[] sizes = Arrays.copyOf(ids, ids.length + 1);
    sizes[ids.length] = in.getFirst().shape().columns();
    return List.of(new TensorSpec(Shape.of(sizes), DType.F32));
  }

  @Override
  public void reference(List<Values> in, List<Values> out) {
    new Embedding().reference(in, out);
  }

  @Override
  public void cpu(List<Tensor> in, List<Tensor> out) {
    Shape shape = in.get(0).shape();
    StoredMatrix w =
        new StoredMatrix(in.get(0).segment(), in.get(0).dtype(), shape.rows(), shape.columns());
    MemorySegment ids = in.get(1).segment();
    for (int i = 0; i < in.get(1).shape().elementsExact(); i++) {
      int id = ids.getAtIndex(ValueLayout.JAVA_INT, i);
      Require.index(this, "id", i, id, w.rows());
      Quantization.unpackRow(w, id, out.getFirst().segment(), 4L * i * w.columns());
    }
  }

  @Override
  public List<Command> commands(List<Tensor> in, List<Tensor> out) {
    throw new ConfigurationException(
        "[%s] weights stored as %s are computed with on the cpu alone: use --device cpu, or F32"
            .formatted(name(), in.get(0).dtype()));
  }

  static List<Sample> samples() {
    List<Sample> samples = new ArrayList<>();
    for (DType dtype : List.of(DType.BF16, DType.Q8_0, DType.Q4_0, DType.NF4, DType.NF4_DOUBLE)) {
      samples.add(
          Sample.of(new QuantizedEmbedding(), 1, table(dtype, 11, 5), Input.integers(0, 11, 2, 7)));
      samples.add(
          Sample.of(new QuantizedEmbedding(), 1, table(dtype, 7, 130), Input.integers(0, 7, 9)));
      samples.add(
          Sample.of(new QuantizedEmbedding(), 1, table(dtype, 3, 0), Input.integers(0, 3, 4)));
    }
    return samples;
  }

  private static Input table(DType dtype, int rows, int columns) {
    return new Input(new TensorSpec(Shape.of(rows, columns), dtype), new Fill.Normal(1));
  }
}
