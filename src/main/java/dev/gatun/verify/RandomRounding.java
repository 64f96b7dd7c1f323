package dev.gatun.verify;

import dev.gatun.core.Philox;
import dev.gatun.op.Op;
import dev.gatun.op.Trace;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.Tensors;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * How far a model whose products have factors in bf16 may be from the one whose factors are exact:
 * what random roundings do to the reference.
 *
 * <p>A factor that is rounded to nearest becomes {@code x·(1 + δ), |δ| ≤ u = 2⁻⁸}. To first order
 * the error of a result is a sum over all roundings, each by its own weight; with γ_n, which lets
 * all of them have one sign and the largest weight, some tens of products of two factors each would
 * admit any result of the right size. The weights are measured instead: the reference runs N = 8
 * times with each factor of each product multiplied by 1 + δ, δ uniform on ±u, whose variance no
 * rounding to nearest exceeds.
 *
 * <pre>
 *   s_i² = 1/N·Σ_k (y_ki - y_i)²        |ŷ_i - y_i| ≤ 16·max_i s_i, beside the tolerance for F32
 * </pre>
 *
 * <p>As sums of many independent terms the errors are normal, so {@code (ŷ_i - y_i)/s_i} has
 * Student's distribution with N degrees of freedom, which exceeds 16 with a probability of
 * 2.4·10⁻⁷; that of a tensor of many elements is smaller still, since s is that of its worst
 * element. Parker, "Monte Carlo Arithmetic: exploiting randomness in floating-point arithmetic",
 * 1997.
 */
final class RandomRounding implements Trace {
  private static final int RUNS = 8;
  private static final double CERTAINTY = 16;
  private static final double UNIT_ROUNDOFF = 0x1p-8;
  private static final long STREAM = 6000;

  private final Philox random;
  private final @Nullable Trace other;
  private long drawn;
  private List<double[]> exact = List.of();

  /**
   * The roundings of one run.
   *
   * @param other sees what happens, too
   */
  RandomRounding(long seed, int run, @Nullable Trace other) {
    this.random = new Philox(seed, STREAM + run);
    this.other = other;
  }

  @Override
  public void before(Op op, List<Tensor> in, List<Tensor> out) {
    if (other != null) {
      other.before(op, in, out);
    }
    exact = factors(op, in).stream().map(Tensors::toDoubles).toList();
    for (int i = 0; i < exact.size(); i++) {
      Tensors.write(in.get(i), rounded(exact.get(i)));
    }
  }

  private double[] rounded(double[] values) {
    double[] rounded = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      rounded[i] = values[i] * (1 + UNIT_ROUNDOFF * (2 * random.uniformDouble(drawn++) - 1));
    }
    return rounded;
  }

  @Override
  public void after(Op op, List<Tensor> in, List<Tensor> out) {
    for (int i = 0; i < exact.size(); i++) {
      Tensors.write(in.get(i), exact.get(i));
    }
    if (other != null) {
      other.after(op, in, out);
    }
  }

  /** What an operation multiplies as a matrix product. */
  private static List<Tensor> factors(Op op, List<Tensor> in) {
    return Variant.ofProducts(op) == Variant.BF16 ? in.subList(0, 2) : List.of();
  }

  /** The largest admissible error of each result, by name; nothing unless factors are rounded. */
  static Map<String, Double> tolerances(
      ModelCase model, Function<ModelColumn, Map<String, double[]>> results) {
    if (!(model.training() instanceof Training.Bf16)) {
      return Map.of();
    }
    Map<String, double[]> exact;
    try (ModelColumn reference = ModelColumn.reference(model)) {
      exact = results.apply(reference);
    }
    Map<String, double[]> squares = new LinkedHashMap<>();
    for (int run = 0; run < RUNS; run++) {
      try (ModelColumn column = ModelColumn.rounding(model, run)) {
        results.apply(column).forEach((what, values) -> add(squares, what, values, exact));
      }
    }
    Map<String, Double> tolerances = new LinkedHashMap<>();
    squares.forEach(
        (what, sums) ->
            tolerances.put(what, CERTAINTY * Math.sqrt(Tolerance.magnitude(sums) / RUNS)));
    return tolerances;
  }

  private static void add(
      Map<String, double[]> squares, String what, double[] values, Map<String, double[]> exact) {
    double[] sums = squares.computeIfAbsent(what, _ -> new double[values.length]);
    double[] expected = Objects.requireNonNull(exact.get(what), what);
    for (int i = 0; i < sums.length; i++) {
      double error = values[i] - expected[i];
      sums[i] += error * error;
    }
  }
}
