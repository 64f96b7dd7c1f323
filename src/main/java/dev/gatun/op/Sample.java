package dev.gatun.op;

import dev.gatun.core.DType;
import dev.gatun.core.Philox;
import dev.gatun.core.Shape;
import dev.gatun.memory.Region;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.TensorSpec;
import dev.gatun.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One case that an operation is tested with.
 *
 * @param op the operation with its attributes
 * @param inputs what to feed it
 * @param reduction how many terms one output element sums: the n of the error bound γ_n
 */
public record Sample(Op op, List<Input> inputs, int reduction) {
  /** How the values of an input are drawn. */
  public sealed interface Fill {
    /** Normal with mean 0 and this standard deviation. */
    record Normal(double scale) implements Fill {}

    /** Uniform between two bounds. */
    record Uniform(double low, double high) implements Fill {}

    /** Integers {@code low <= i < high}. */
    record Integers(int low, int high) implements Fill {}

    /** These values exactly. */
    record Exactly(List<Double> values) implements Fill {}
  }

  /** One input: what it is and how it is filled. */
  public record Input(TensorSpec spec, Fill fill) {
    /** F32, normal with standard deviation 1. */
    public static Input normal(int... sizes) {
      return new Input(new TensorSpec(Shape.of(sizes), DType.F32), new Fill.Normal(1));
    }

    /** F32, uniform between two bounds. */
    public static Input uniform(double low, double high, int... sizes) {
      return new Input(new TensorSpec(Shape.of(sizes), DType.F32), new Fill.Uniform(low, high));
    }

    /** I32 with {@code low <= i < high}. */
    public static Input integers(int low, int high, int... sizes) {
      return new Input(new TensorSpec(Shape.of(sizes), DType.I32), new Fill.Integers(low, high));
    }

    /** I32 with these values. */
    public static Input integers(Shape shape, int... values) {
      List<Double> exact = new ArrayList<>();
      for (int value : values) {
        exact.add((double) value);
      }
      return new Input(new TensorSpec(shape, DType.I32), new Fill.Exactly(exact));
    }

    /** F32 with these values, [n]. */
    public static Input exactly(double... values) {
      TensorSpec spec = TensorSpec.of(DType.F32, values.length);
      return new Input(spec, new Fill.Exactly(Arrays.stream(values).boxed().toList()));
    }

    /** The values, drawn from an address of their own, in F64 or in the type of the sample. */
    double[] draw(Philox random) {
      double[] values = new double[spec.shape().elementsExact()];
      for (int i = 0; i < values.length; i++) {
        double value =
            switch (fill) {
              case Fill.Normal normal -> normal.scale() * random.normal(i);
              case Fill.Uniform uniform ->
                  uniform.low() + (uniform.high() - uniform.low()) * random.uniformDouble(i);
              case Fill.Integers integers ->
                  integers.low() + random.below(integers.high() - integers.low(), i);
              case Fill.Exactly exactly -> exactly.values().get(i);
            };
        values[i] = spec.dtype() == DType.I32 ? value : (float) value;
      }
      return values;
    }
  }

  public Sample {
    inputs = List.copyOf(inputs);
  }

  /** A sample whose outputs are sums of about this many terms. */
  public static Sample of(Op op, int reduction, Input... inputs) {
    return new Sample(op, List.of(inputs), reduction);
  }

  /**
   * The inputs as tensors. Floating-point values are F32 values in any case, so that the F32 and
   * the F64 path see the same numbers.
   *
   * @param floating the type for floating-point inputs that the sample gives as F32
   */
  public List<Tensor> draw(Region region, DType floating, long seed) {
    List<Tensor> tensors = new ArrayList<>();
    for (int i = 0; i < inputs.size(); i++) {
      Input input = inputs.get(i);
      DType dtype = input.spec().dtype() == DType.F32 ? floating : input.spec().dtype();
      tensors.add(
          Tensors.of(
              region,
              new TensorSpec(input.spec().shape(), dtype),
              input.draw(new Philox(seed, i))));
    }
    return tensors;
  }
}
