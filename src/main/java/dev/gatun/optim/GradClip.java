package dev.gatun.optim;

/**
 * Clipping by the norm of all gradients together: {@code c = min(1, max/(‖g‖₂ + 10⁻⁶))}. Pascanu,
 * Mikolov, Bengio, "On the difficulty of training Recurrent Neural Networks", 2013, algorithm 1,
 * with the constant of PyTorch's {@code clip_grad_norm_}.
 */
public final class GradClip {
  private static final double EPSILON = 1e-6;

  private GradClip() {}

  /**
   * {@code ‖g‖₂} over all gradients, added in their order in double.
   *
   * @param sumsOfSquares of each gradient, see {@link dev.gatun.op.Ops#sumSquares}
   */
  public static double norm(double[] sumsOfSquares) {
    double sum = 0;
    for (double squares : sumsOfSquares) {
      sum += squares;
    }
    return Math.sqrt(sum);
  }

  /**
   * The factor that brings gradients of a norm within the limit.
   *
   * @param maxNorm the limit; 0 for none
   */
  public static double coefficient(double norm, double maxNorm) {
    return maxNorm <= 0 ? 1 : Math.min(1, maxNorm / (norm + EPSILON));
  }
}
