package dev.gatun.op;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.core.DType;
import dev.gatun.core.Philox;
import dev.gatun.memory.Region;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.TensorSpec;
import dev.gatun.tensor.Tensors;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * One element of one input is made NaN or infinite: each output element of the fast path is then
 * NaN, infinite with its sign, or finite, exactly where the reference is.
 *
 * <p>Attention asks for finite inputs, since its tiles multiply invisible keys by 0: there a NaN
 * may spread further than in the reference, but must not vanish.
 */
final class NonFiniteTest {
  private static final long SEED = 20261124;
  private static final int LARGEST = 3000;

  /** What is put where: at the start, in the middle, and in the ragged end of a row. */
  private enum Poison {
    NAN_FIRST(Double.NaN, 0),
    INFINITY_MIDDLE(Double.POSITIVE_INFINITY, 0.5),
    MINUS_INFINITY_LAST(Double.NEGATIVE_INFINITY, 1),
    NAN_LAST(Double.NaN, 1);

    final double value;
    final double place;

    Poison(double value, double place) {
      this.value = value;
      this.place = place;
    }
  }

  /** The types that hold any value; integers and quantised weights do not. */
  private static final Set<DType> FLOATS = EnumSet.of(DType.F32, DType.BF16, DType.F16);

  @TestFactory
  Stream<DynamicContainer> fastPathIsFiniteWhereTheReferenceIs() {
    return Registry.operations().stream()
        .map(
            operation ->
                DynamicContainer.dynamicContainer(
                    Registry.name(operation),
                    Registry.samples(operation).stream().flatMap(NonFiniteTest::tests)));
  }

  private static Stream<DynamicTest> tests(Sample sample) {
    return IntStream.range(0, sample.inputs().size())
        .filter(i -> isPoisonable(sample.inputs().get(i).spec()))
        .boxed()
        .flatMap(
            i ->
                Stream.of(Poison.values())
                    .filter(
                        poison -> !sample.op().asksForFiniteInputs() || Double.isNaN(poison.value))
                    .map(
                        poison ->
                            DynamicTest.dynamicTest(
                                sample.op() + " " + poison + " in input " + i,
                                () -> check(sample, i, poison))));
  }

  private static boolean isPoisonable(TensorSpec spec) {
    long elements = spec.shape().elements();
    return FLOATS.contains(spec.dtype()) && elements > 0 && elements <= LARGEST;
  }

  private static void check(Sample sample, int input, Poison poison) {
    try (Region region = new Region("non-finite")) {
      List<Tensor> in = sample.draw(region, DType.F32, SEED);
      double[] values = Tensors.toDoubles(in.get(input));
      values[(int) Math.round(poison.place * (values.length - 1))] = poison.value;
      Tensors.write(in.get(input), values);
      List<Tensor> fast = outputs(sample.op(), region, in);
      List<Tensor> reference = outputs(sample.op(), region, in);
      Execution.cpu(sample.op(), in, fast);
      Execution.reference(sample.op(), in, reference);
      for (int i = 0; i < fast.size(); i++) {
        String expected = kinds(reference.get(i));
        String actual = kinds(fast.get(i));
        if (sample.op().asksForFiniteInputs()) {
          assertTrue(coversNan(actual, expected), () -> expected + " and " + actual);
        } else {
          assertEquals(expected, actual, "output " + i);
        }
      }
    }
  }

  private static boolean coversNan(String actual, String expected) {
    return IntStream.range(0, expected.length())
        .allMatch(i -> expected.charAt(i) != 'N' || actual.charAt(i) == 'N');
  }

  private static List<Tensor> outputs(Op op, Region region, List<Tensor> in) {
    List<Tensor> out = new ArrayList<>();
    for (TensorSpec spec : op.infer(Execution.specs(in))) {
      Philox random = new Philox(SEED, 1000L + out.size());
      double[] before = new double[spec.shape().elementsExact()];
      for (int i = 0; i < before.length; i++) {
        before[i] = op.updates() ? random.uniform(i) : 0;
      }
      out.add(Tensors.of(region, spec, before));
    }
    return out;
  }

  /** One character for each element: {@code .} finite, {@code +}, {@code -}, {@code N}. */
  private static String kinds(Tensor tensor) {
    StringBuilder kinds = new StringBuilder();
    for (double value : Tensors.toDoubles(tensor)) {
      if (Double.isNaN(value)) {
        kinds.append('N');
      } else if (Double.isInfinite(value)) {
        kinds.append(value > 0 ? '+' : '-');
      } else {
        kinds.append('.');
      }
    }
    return kinds.toString();
  }
}
