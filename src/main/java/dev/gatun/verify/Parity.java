package dev.gatun.verify;

import dev.gatun.autograd.Step;
import dev.gatun.core.DType;
import dev.gatun.core.Philox;
import dev.gatun.device.DeviceMemory;
import dev.gatun.memory.Region;
import dev.gatun.op.Execution;
import dev.gatun.op.Op;
import dev.gatun.op.Sample;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.TensorSpec;
import dev.gatun.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;

/**
 * The fast path and, for fused operations, the composition, each against the reference in double.
 */
public final class Parity {
  private Parity() {}

  /** Compares the fast path of one sample with the reference. */
  public static List<Comparison> fastAgainstReference(Sample sample, long seed) {
    try (Region region = new Region("parity")) {
      Op op = sample.op();
      List<Tensor> in = sample.draw(region, DType.F32, seed);
      List<Tensor> fast = outputs(sample, region, in, seed);
      List<Tensor> reference = outputs(sample, region, in, seed);
      List<Tensor> exact = new ArrayList<>();
      for (Tensor tensor : reference) {
        exact.add(tensor.dtype() == DType.F32 ? widen(region, tensor) : tensor);
      }
      Execution.cpu(op, in, fast);
      Execution.reference(op, in, exact);
      return compare(sample, "cpu", fast, exact);
    }
  }

  /**
   * Compares a device with the reference: the commands of one sample run there, on the same inputs.
   */
  public static List<Comparison> deviceAgainstReference(
      Sample sample, DeviceMemory memory, long seed) {
    try (Region region = new Region("parity");
        Region device = new Region("parity on a device", memory)) {
      Op op = sample.op();
      List<Tensor> in = sample.draw(region, DType.F32, seed);
      List<Tensor> exact = new ArrayList<>();
      for (Tensor tensor : outputs(sample, region, in, seed)) {
        exact.add(tensor.dtype() == DType.F32 ? widen(region, tensor) : tensor);
      }
      List<Tensor> deviceIn = sample.draw(device, DType.F32, seed);
      List<Tensor> actual = outputs(sample, device, deviceIn, seed);
      Execution.device(op, deviceIn, actual, memory);
      Execution.reference(op, in, exact);
      return compare(sample, memory.device().toString(), actual, exact);
    }
  }

  /** Compares the composition of a fused operation, computed in F64, with its reference. */
  public static List<Comparison> composedAgainstReference(Sample sample, long seed) {
    if (!((Object) sample.op() instanceof Op.Fused fused)) {
      throw new IllegalArgumentException(sample.op().name() + " is not fused");
    }
    try (Region region = new Region("parity")) {
      List<Tensor> in = sample.draw(region, DType.F64, seed);
      List<Tensor> composed = Step.run(region, () -> fused.compose(in));
      List<Tensor> exact = new ArrayList<>();
      for (TensorSpec spec : sample.op().infer(specs(in))) {
        exact.add(Tensors.empty(region, spec));
      }
      Execution.reference(sample.op(), in, exact);
      return compare(sample, "composition", composed, exact.subList(0, composed.size()));
    }
  }

  private static List<Comparison> compare(
      Sample sample, String column, List<Tensor> actual, List<Tensor> expected) {
    List<Comparison> comparisons = new ArrayList<>();
    for (int i = 0; i < actual.size(); i++) {
      double[] a = Tensors.toDoubles(actual.get(i));
      double[] e = Tensors.toDoubles(expected.get(i));
      double magnitude = 0;
      double error = 0;
      for (int j = 0; j < e.length; j++) {
        if (Double.isFinite(e[j])) {
          magnitude = Math.max(magnitude, Math.abs(e[j]));
        }
        error = worse(error, difference(a[j], e[j]));
      }
      String what = "%s %s output %d [%s]".formatted(sample.op(), specs(sample), i, column);
      comparisons.add(new Comparison(what, error, Tolerance.f32(sample.reduction(), magnitude)));
    }
    return comparisons;
  }

  /**
   * 0 for equal values, NaN with NaN and equal infinities included; NaN where only one is a number.
   */
  private static double difference(double actual, double expected) {
    if (Double.compare(actual, expected) == 0 || (float) actual == (float) expected) {
      return 0;
    }
    return Math.abs(actual - expected);
  }

  private static double worse(double error, double other) {
    return Double.isNaN(other) || other > error ? other : error;
  }

  private static List<Tensor> outputs(Sample sample, Region region, List<Tensor> in, long seed) {
    List<Tensor> out = new ArrayList<>();
    for (TensorSpec spec : sample.op().infer(specs(in))) {
      Tensor tensor = Tensors.empty(region, spec);
      double[] before = new double[spec.shape().elementsExact()];
      Philox random = new Philox(seed, 1000L + out.size());
      for (int i = 0; i < before.length; i++) {
        before[i] = sample.op().updates() ? Math.abs((float) random.normal(i)) : Double.NaN;
      }
      Tensors.write(tensor, before);
      out.add(tensor);
    }
    return out;
  }

  private static Tensor widen(Region region, Tensor tensor) {
    return Tensors.of(region, new TensorSpec(tensor.shape(), DType.F64), Tensors.toDoubles(tensor));
  }

  private static List<TensorSpec> specs(List<Tensor> tensors) {
    return tensors.stream().map(Tensor::spec).toList();
  }

  private static List<TensorSpec> specs(Sample sample) {
    return sample.inputs().stream().map(Sample.Input::spec).toList();
  }
}
