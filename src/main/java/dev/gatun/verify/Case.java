package dev.gatun.verify;

import dev.gatun.core.DType;
import dev.gatun.core.Philox;
import dev.gatun.memory.Region;
import dev.gatun.op.Execution;
import dev.gatun.op.Op;
import dev.gatun.op.Sample;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.TensorSpec;
import dev.gatun.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * An operation with everything that its result depends on.
 *
 * @param inputs what it reads; no element type is F64
 * @param outputs what its outputs are and hold before it runs: NaN, or, where it updates them,
 *     numbers
 * @param reduction the number of terms that one output element sums
 */
record Case(Op op, List<Array> inputs, List<Array> outputs, int reduction) {
  private static final long OUTPUTS = 1000;

  /** The elements of a tensor, apart from any memory. */
  // Nobody changes the elements.
  @SuppressWarnings("ArrayRecordComponent")
  record Array(TensorSpec spec, double[] values) {
    static Array of(Tensor tensor) {
      return new Array(tensor.spec(), Tensors.toDoubles(tensor));
    }

    /** In F64 if it is F32, so that the reference can compute with it. */
    Tensor wide(Region region) {
      DType dtype = spec.dtype() == DType.F32 ? DType.F64 : spec.dtype();
      return Tensors.of(region, new TensorSpec(spec.shape(), dtype), values);
    }
  }

  Case {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
  }

  /** A sample with values drawn for it. */
  static Case of(Sample sample, long seed) {
    try (Region region = new Region("sample")) {
      List<Array> inputs = sample.draw(region, DType.F32, seed).stream().map(Array::of).toList();
      return of(sample.op(), inputs, sample.reduction(), seed);
    }
  }

  /** An operation on inputs that are known. */
  static Case of(Op op, List<Array> inputs, int reduction, long seed) {
    List<Array> outputs = new ArrayList<>();
    for (TensorSpec spec : op.infer(inputs.stream().map(Array::spec).toList())) {
      double[] before = new double[spec.shape().elementsExact()];
      Philox random = new Philox(seed, OUTPUTS + outputs.size());
      for (int i = 0; i < before.length; i++) {
        before[i] = op.updates() ? Math.abs((float) random.normal(i)) : Double.NaN;
      }
      outputs.add(new Array(spec, before));
    }
    return new Case(op, inputs, outputs, reduction);
  }

  /** The shapes and types of the inputs. */
  List<TensorSpec> specs() {
    return inputs.stream().map(Array::spec).toList();
  }

  /** Whether an input holds a NaN. */
  boolean hasNan() {
    return inputs.stream().anyMatch(array -> Arrays.stream(array.values).anyMatch(Double::isNaN));
  }

  /** The outputs by the definition of the operation, in double. */
  List<double[]> reference() {
    try (Region region = new Region("reference")) {
      List<Tensor> in = inputs.stream().map(array -> array.wide(region)).toList();
      List<Tensor> out = outputs.stream().map(array -> array.wide(region)).toList();
      Execution.reference(op, in, out);
      return out.stream().map(Tensors::toDoubles).toList();
    }
  }

  @Override
  public String toString() {
    return op + " " + specs();
  }
}
