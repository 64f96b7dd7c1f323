package dev.gatun.verify;

import java.util.function.IntToDoubleFunction;

/**
 * How far parameters may be from the reference after the first step of Adam, whose update {@code
 * lr·g/(|g| + ε)} turns a small error of a small gradient into a large one.
 *
 * <pre>
 *   |δp| ≤ γ·(|p| + lr) + lr·max(u(g + δg) - u(g), u(g) - u(g - δg)),   u(g) = g/(|g| + ε)
 * </pre>
 *
 * <p>Where δg exceeds g the update may have either sign: an error of 2·lr is all that is allowed,
 * and all that occurs.
 */
final class FirstUpdate {
  private FirstUpdate() {}

  /**
   * The tolerance of each element.
   *
   * @param parameters after the step
   * @param gradient of the reference
   * @param error δg, how far the gradient may be from that of the reference
   */
  static IntToDoubleFunction tolerance(double[] parameters, double[] gradient, double error) {
    return i -> {
      double g = gradient[i];
      double update = Math.max(u(g + error) - u(g), u(g) - u(g - error));
      double size = Math.abs(parameters[i]) + ModelColumn.LEARNING_RATE;
      return Tolerance.f32(1, size) + ModelColumn.LEARNING_RATE * update;
    };
  }

  private static double u(double g) {
    return g / (Math.abs(g) + ModelColumn.ADAM.epsilon());
  }
}
