package dev.gatun.verify;

import dev.gatun.autograd.Gradients;
import dev.gatun.autograd.Step;
import dev.gatun.autograd.Tape;
import dev.gatun.core.DType;
import dev.gatun.core.Philox;
import dev.gatun.memory.HostStorage;
import dev.gatun.memory.Region;
import dev.gatun.memory.Storage;
import dev.gatun.op.Op;
import dev.gatun.op.Ops;
import dev.gatun.op.Sample;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;

/** The gradients that the rule of an operation gives on a sample, for one random dy. */
record GradientCase(Sample sample, long seed) {
  private static final long DY = 2000;

  /**
   * One gradient.
   *
   * @param input the index of its input
   * @param reduction the number of terms that one of its elements sums
   * @param magnitude the size of the terms: they are multiples of dy, and where they cancel, as
   *     behind a softmax of one key, their errors do not
   */
  // Nobody changes the elements.
  @SuppressWarnings("ArrayRecordComponent")
  record Gradient(int input, double[] values, int reduction, double magnitude) {}

  /** Whether there is a rule, and an input that is differentiated: one in F32. */
  static boolean applies(Sample sample) {
    return (Object) sample.op() instanceof Op.Differentiable
        && !sample.op().updates()
        && sample.inputs().stream().anyMatch(input -> input.spec().dtype() == DType.F32);
  }

  /** In F64, where every operation runs its definition. */
  List<Gradient> reference() {
    return on(HostStorage.HOST, DType.F64);
  }

  /** In F32 by the kernels of a storage. */
  List<Gradient> on(Storage storage) {
    return on(storage, DType.F32);
  }

  private List<Gradient> on(Storage storage, DType floating) {
    try (Region region = new Region("gradients", storage)) {
      List<Tensor> in = new ArrayList<>();
      for (Tensor tensor : sample.draw(region, floating, seed)) {
        in.add(wanted(in.size()) ? tensor.tracked() : tensor);
      }
      Gradients gradients = new Gradients();
      Tape tape = Ops.tape(gradients);
      List<Gradient> result = new ArrayList<>();
      Step.run(
          region,
          tape,
          () -> {
            Tensor y = Ops.applyAll(sample.op(), in).getFirst();
            int elements = y.shape().elementsExact();
            double[] dy = dy(elements);
            tape.backward(y, Tensors.of(region, y.spec(), dy));
            for (int i = 0; i < in.size(); i++) {
              Tensor gradient = gradients.of(in.get(i));
              if (gradient != null) {
                double[] values = Tensors.toDoubles(gradient);
                double magnitude = Tolerance.magnitude(dy);
                magnitude = Math.max(magnitude, Tolerance.magnitude(values));
                result.add(new Gradient(i, values, terms(elements, values.length), magnitude));
              }
            }
            return null;
          });
      return result;
    }
  }

  private boolean wanted(int input) {
    return sample.inputs().get(input).spec().dtype() == DType.F32
        && (Object) sample.op() instanceof Op.Differentiable rule
        && rule.flowsTo(input);
  }

  private double[] dy(int elements) {
    Philox random = new Philox(seed, DY);
    double[] dy = new double[elements];
    for (int i = 0; i < elements; i++) {
      dy[i] = (float) random.normal(i);
    }
    return dy;
  }

  /**
   * All products of the forward pass occur again, each for one element of the gradient; the values
   * that the forward pass left behind have its own roundings.
   */
  private int terms(int outputs, int gradients) {
    long products = (long) outputs * sample.reduction();
    return Math.toIntExact(sample.reduction() + Math.ceilDiv(products, Math.max(1, gradients)));
  }
}
