package dev.gatun.op;

import dev.gatun.core.DType;
import dev.gatun.core.Philox;
import dev.gatun.core.Shape;
import dev.gatun.cpu.Parallel;
import dev.gatun.memory.Region;
import dev.gatun.op.Sample.Input;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.TensorSpec;
import dev.gatun.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A digest of the bits that the fast path of each operation computes for all its samples, and for
 * larger inputs that are worth several threads.
 */
final class OpDigests {
  static final String PREFIX = "digest ";

  private static final long SEED = 20261124;
  private static final long FNV_PRIME = 0x100000001b3L;

  private OpDigests() {}

  /** Prints one line for each operation. */
  public static void main(String[] arguments) {
    Parallel.setThreads(Integer.parseInt(arguments[0]));
    compute().forEach((name, digest) -> System.out.println(PREFIX + name + " " + digest));
  }

  /** The digests by the name of the operation. */
  static Map<String, String> compute() {
    Map<String, Long> digests = new TreeMap<>();
    List<Sample> samples = new ArrayList<>(large());
    Registry.operations().forEach(operation -> samples.addAll(Registry.samples(operation)));
    for (Sample sample : samples) {
      digests.merge(sample.op().name(), digest(sample), (a, b) -> a * FNV_PRIME ^ b);
    }
    Map<String, String> text = new TreeMap<>();
    digests.forEach((name, digest) -> text.put(name, Long.toHexString(digest)));
    return text;
  }

  private static List<Sample> large() {
    int rows = 67;
    int columns = 775;
    Input x = Input.normal(rows, columns);
    Input w = Input.normal(columns);
    Input perRow = Input.uniform(0.5, 2, rows);
    Input labels = Input.integers(-10, columns, rows);
    return List.of(
        Sample.of(new Binary(Binary.Kind.ADD), 1, x, w),
        Sample.of(new SumRows(false), 1, x),
        Sample.of(new RmsNorm(1e-5f, false), 1, x, w),
        Sample.of(new LayerNorm(1e-5f), 1, x, w, w),
        Sample.of(new LayerNorm.Backward(false), 1, x, w, perRow, perRow, x),
        Sample.of(new LayerNorm.BackwardWeight(false), 1, x, perRow, perRow, x),
        Sample.of(new Unary(Unary.Kind.GELU_TANH), 1, x),
        Sample.of(new Unary(Unary.Kind.GELU_ERF), 1, x),
        Sample.of(new Unary.Backward(Unary.Kind.GELU_TANH, false), 1, x, x),
        Sample.of(new Unary.Backward(Unary.Kind.GELU_ERF, false), 1, x, x),
        Sample.of(new Gated(Gated.Kind.SWIGLU), 1, x, x),
        Sample.of(new Gated.Backward(Gated.Kind.GEGLU), 1, x, x, x),
        Sample.of(new Softmax(), 1, x),
        Sample.of(new Softmax.Backward(false), 1, x, x),
        Sample.of(new CrossEntropy(0.5f, 0), 1, x, labels),
        Sample.of(
            new CrossEntropy.Backward(0.5f, 0, false),
            1,
            x,
            labels,
            perRow,
            perRow,
            Input.normal(1)),
        Sample.of(
            new AdamW(), 1, x, Input.exactly(AdamW.factors(1e-3, 0.9, 0.999, 1e-8, 0.1, 3, 0.7))),
        Sample.of(new SumSquares(), 1, Input.normal(300, 1031)),
        Sample.of(new ArgMax(), 1, x),
        Sample.of(new Dropout(0.1f, 5), 1, x, Input.integers(Shape.of(2), 3, 0)),
        Sample.of(new Cast(DType.BF16), 1, x),
        Sample.of(new Cast(DType.F16), 1, x),
        Sample.of(new Transpose(0, 1), 1, x),
        Sample.of(new Slice(1, 5, 700), 1, x),
        Sample.of(new Concat(1), 1, x, x),
        Sample.of(new Embedding(), 1, x, Input.integers(0, rows, 301)),
        Sample.of(
            new Embedding.Backward(rows, false),
            1,
            Input.integers(0, rows, 301),
            Input.normal(301, columns)),
        Sample.of(
            new MatMul(MatMul.NT, true, false),
            1,
            x,
            Input.normal(131, columns),
            Input.normal(131)),
        Sample.of(new MatMul(MatMul.TN, false, false), 1, x, x));
  }

  private static long digest(Sample sample) {
    try (Region region = new Region("digest")) {
      List<Tensor> in = sample.draw(region, DType.F32, SEED);
      List<Tensor> out = new ArrayList<>();
      for (TensorSpec spec : sample.op().infer(Execution.specs(in))) {
        out.add(Tensors.of(region, spec, before(spec, out.size())));
      }
      Execution.cpu(sample.op(), in, out);
      long digest = 0;
      for (Tensor tensor : out) {
        for (double value : Tensors.toDoubles(tensor)) {
          digest = (digest ^ Double.doubleToLongBits(value)) * FNV_PRIME;
        }
      }
      return digest;
    }
  }

  /** What an operation that updates its outputs finds in them. */
  private static double[] before(TensorSpec spec, int output) {
    Philox random = new Philox(SEED, 1000L + output);
    double[] values = new double[spec.shape().elementsExact()];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.uniform(i);
    }
    return values;
  }
}
