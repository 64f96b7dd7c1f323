package dev.gatun.nn;

import dev.gatun.core.Shape;
import dev.gatun.op.Ops;
import dev.gatun.tensor.Tensor;

/**
 * Rotary position embedding with its table of angles.
 *
 * <pre>
 *   ω[i] = θ^(-2i/R), stretched by the {@link RopeScaling}     angle[p,i] = p·ω[i]
 * </pre>
 *
 * <p>x [B,T,H,D], positions I32 [B,T] → [B,T,H,D], the first R dimensions of each head rotated.
 * Angles are computed in F32, as Hugging Face does: at large positions their rounding is larger
 * than any tolerance on logits. Su et al., "RoFormer: Enhanced Transformer with Rotary Position
 * Embedding", 2021, section 3.2.2.
 */
public final class RotaryTable {
  private final Constant cos;
  private final Constant sin;

  /**
   * A table.
   *
   * @param rotaryDim R, even
   * @param positions P: how many positions the table has
   * @param theta θ
   */
  public RotaryTable(Scope scope, int rotaryDim, int positions, double theta, RopeScaling scaling) {
    Shape shape = Shape.of(positions, rotaryDim / 2);
    float[] frequencies = frequencies(rotaryDim, theta, scaling);
    this.cos = scope.constant(shape, () -> table(frequencies, positions, false));
    this.sin = scope.constant(shape, () -> table(frequencies, positions, true));
  }

  public Tensor forward(Tensor x, Tensor positions) {
    return Ops.rotary(x, cos.value(), sin.value(), positions);
  }

  /** ω[i] for i = 0 .. R/2 - 1, every intermediate result rounded to F32. */
  static float[] frequencies(int rotaryDim, double theta, RopeScaling scaling) {
    float[] frequencies = new float[rotaryDim / 2];
    for (int i = 0; i < frequencies.length; i++) {
      float exponent = (float) (2 * i) / rotaryDim;
      float frequency = 1 / (float) Math.pow((float) theta, exponent);
      frequencies[i] =
          switch (scaling) {
            case RopeScaling.Default() -> frequency;
            case RopeScaling.Linear(double factor) -> frequency / (float) factor;
            case RopeScaling.Llama3 llama3 -> stretched(frequency, llama3);
          };
    }
    return frequencies;
  }

  /** Function {@code _compute_llama3_parameters} of transformers. */
  private static float stretched(float frequency, RopeScaling.Llama3 scaling) {
    int context = scaling.originalMaxPositionEmbeddings();
    float low = (float) scaling.lowFreqFactor();
    float high = (float) scaling.highFreqFactor();
    float factor = (float) scaling.factor();
    float wavelength = (float) (2 * Math.PI) / frequency;
    if (wavelength < context / high) {
      return frequency;
    }
    if (wavelength > context / low) {
      return frequency / factor;
    }
    float smooth = (context / wavelength - low) / (high - low);
    return (1 - smooth) * frequency / factor + smooth * frequency;
  }

  private static double[] table(float[] frequencies, int positions, boolean sine) {
    double[] table = new double[Math.multiplyExact(positions, frequencies.length)];
    for (int p = 0; p < positions; p++) {
      for (int i = 0; i < frequencies.length; i++) {
        float angle = p * frequencies[i];
        table[p * frequencies.length + i] = (float) (sine ? Math.sin(angle) : Math.cos(angle));
      }
    }
    return table;
  }
}
