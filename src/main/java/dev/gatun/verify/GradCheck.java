package dev.gatun.verify;

import dev.gatun.autograd.Gradients;
import dev.gatun.autograd.Step;
import dev.gatun.autograd.Tape;
import dev.gatun.core.DType;
import dev.gatun.core.Philox;
import dev.gatun.memory.Region;
import dev.gatun.op.Op;
import dev.gatun.op.Ops;
import dev.gatun.op.Sample;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntPredicate;

/**
 * The rule of differentiation against a difference quotient, in F64 and along one random direction.
 *
 * <pre>
 *   L(x) = ⟨r, f(x)⟩       Σ_i ⟨dx_i, v_i⟩  ≈  (L(x + h·v) - L(x - h·v)) / 2h
 * </pre>
 *
 * <p>r and v are random, so an error in any element of any gradient shows.
 */
public final class GradCheck {
  private static final double H = 1e-5;
  private static final double TOLERANCE = 1e-6;

  private GradCheck() {}

  /**
   * Whether a difference quotient says anything about a sample: its operation has a rule that is
   * the derivative, and an input that can be varied, which one in half precision cannot.
   */
  public static boolean applies(Sample sample) {
    return (Object) sample.op() instanceof Op.Differentiable rule
        && !sample.op().updates()
        && !rule.isStraightThrough()
        && sample.inputs().stream().anyMatch(input -> input.spec().dtype() == DType.F32);
  }

  /**
   * Checks the first output of a sample's operation against all its floating-point inputs that a
   * gradient flows to.
   */
  public static Comparison check(Sample sample, long seed) {
    return check(
        sample.op() + " " + sample.inputs().stream().map(Sample.Input::spec).toList(),
        region -> sample.draw(region, DType.F64, seed),
        in -> Ops.applyAll(sample.op(), in).getFirst(),
        i -> !((Object) sample.op() instanceof Op.Differentiable rule) || rule.flowsTo(i),
        seed);
  }

  /**
   * Checks any function of tensors.
   *
   * @param inputs makes the same inputs each time, floating-point ones in F64
   * @param function what to differentiate
   */
  public static Comparison check(
      String what,
      Function<Region, List<Tensor>> inputs,
      Function<List<Tensor>, Tensor> function,
      long seed) {
    return check(what, inputs, function, i -> true, seed);
  }

  private static Comparison check(
      String what,
      Function<Region, List<Tensor>> inputs,
      Function<List<Tensor>, Tensor> function,
      IntPredicate varies,
      long seed) {
    double above = loss(inputs, function, varies, seed, H);
    double below = loss(inputs, function, varies, seed, -H);
    double quotient = (above - below) / (2 * H);
    double analytic = analytic(inputs, function, varies, seed);
    double scale = Math.max(1, Math.max(Math.abs(quotient), Math.abs(analytic)));
    return new Comparison(what + " gradient", Math.abs(quotient - analytic) / scale, TOLERANCE);
  }

  private static double loss(
      Function<Region, List<Tensor>> inputs,
      Function<List<Tensor>, Tensor> function,
      IntPredicate varies,
      long seed,
      double h) {
    try (Region region = new Region("gradient check")) {
      List<Tensor> in = inputs.apply(region);
      for (int i = 0; i < in.size(); i++) {
        if (in.get(i).dtype().isFloating() && varies.test(i)) {
          double[] moved = Tensors.toDoubles(in.get(i));
          double[] direction = direction(seed, i, moved.length);
          for (int j = 0; j < moved.length; j++) {
            moved[j] += h * direction[j];
          }
          Tensors.write(in.get(i), moved);
        }
      }
      double[] y = Tensors.toDoubles(Step.run(region, () -> function.apply(in)));
      return dot(y, direction(seed, -1, y.length));
    }
  }

  private static double analytic(
      Function<Region, List<Tensor>> inputs,
      Function<List<Tensor>, Tensor> function,
      IntPredicate varies,
      long seed) {
    try (Region region = new Region("gradient check")) {
      region.poisonOnReset();
      List<Tensor> in = new ArrayList<>();
      for (Tensor tensor : inputs.apply(region)) {
        boolean wanted = tensor.dtype().isFloating() && varies.test(in.size());
        in.add(wanted ? tensor.tracked() : tensor);
      }
      Gradients gradients = new Gradients();
      Tape tape = Ops.tape(gradients);
      Step.run(
          region,
          tape,
          () -> {
            Tensor y = function.apply(in);
            double[] r = direction(seed, -1, y.shape().elementsExact());
            tape.backward(y, Tensors.of(region, y.spec(), r));
            return null;
          });
      double sum = 0;
      for (int i = 0; i < in.size(); i++) {
        Tensor gradient = gradients.of(in.get(i));
        if (gradient != null) {
          double[] dx = Tensors.toDoubles(gradient);
          sum += dot(dx, direction(seed, i, dx.length));
        }
      }
      return sum;
    }
  }

  private static double[] direction(long seed, int stream, int length) {
    Philox random = new Philox(seed, 5000L + stream);
    double[] direction = new double[length];
    for (int i = 0; i < length; i++) {
      direction[i] = random.normal(i);
    }
    return direction;
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }
}
