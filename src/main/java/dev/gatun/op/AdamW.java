package dev.gatun.op;

import static dev.gatun.cpu.Simd.LENGTH;
import static dev.gatun.cpu.Simd.SPECIES;
import static dev.gatun.cpu.Simd.load;
import static dev.gatun.cpu.Simd.loadBelow;
import static dev.gatun.cpu.Simd.store;
import static dev.gatun.cpu.Simd.storeBelow;

import dev.gatun.core.DType;
import dev.gatun.core.Shape;
import dev.gatun.cpu.Parallel;
import dev.gatun.device.Command;
import dev.gatun.op.Sample.Input;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.TensorSpec;
import dev.gatun.tensor.Tensors;
import java.lang.foreign.MemorySegment;
import java.util.List;
import jdk.incubator.vector.FloatVector;

/**
 * One step of Adam with decoupled weight decay, in place.
 *
 * <pre>
 *   g ← f₀·g                          f₀ = gradScale
 *   p ← f₁·p                          f₁ = 1 - lr·λ
 *   m ← m + f₂·(g - m)                f₂ = 1 - β₁
 *   v ← f₃·v + f₄·g²                  f₃ = β₂        f₄ = 1 - β₂
 *   p ← p - f₇·m / (f₅·√v + f₆)       f₅ = 1/√(1 - β₂ᵗ)    f₆ = ε    f₇ = lr/(1 - β₁ᵗ)
 * </pre>
 *
 * <p>g of any shape, f [8]; p, m, v of the shape of g are the outputs, read and written.
 * Loshchilov, Hutter, "Decoupled Weight Decay Regularization", 2019, algorithm 2; the order of
 * operations is that of {@code torch.optim.AdamW}. The factors are an input, not attributes,
 * because they change from step to step: all else of the operation can be recorded and repeated.
 *
 * @param copies whether there is a fourth output, p rounded to BF16 for products
 */
record AdamW(boolean copies) implements Op, Op.NonDifferentiable {
  /** How many factors there are. */
  static final int FACTORS = 8;

  /** Without a copy. */
  AdamW() {
    this(false);
  }

  /**
   * f, in double.
   *
   * @param weightDecay λ
   * @param step t, counted from 1
   * @param gradScale the clip coefficient
   */
  static double[] factors(
      double lr,
      double beta1,
      double beta2,
      double eps,
      double weightDecay,
      int step,
      double gradScale) {
    if (step < 1) {
      throw new IllegalArgumentException("steps of AdamW are counted from 1, not " + step);
    }
    return new double[] {
      gradScale,
      1 - lr * weightDecay,
      1 - beta1,
      beta2,
      1 - beta2,
      1 / Math.sqrt(1 - StrictMath.pow(beta2, step)),
      eps,
      lr / (1 - StrictMath.pow(beta1, step))
    };
  }

  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    Require.count(this, in, 2);
    Require.sameFloat(this, in, 0, 1);
    Require.that(this, in.get(1).shape().equals(Shape.of(FACTORS)), "takes 8 factors", in);
    TensorSpec spec = in.getFirst();
    return copies
        ? List.of(spec, spec, spec, new TensorSpec(spec.shape(), DType.BF16))
        : List.of(spec, spec, spec);
  }

  @Override
  public boolean updates() {
    return true;
  }

  @Override
  public void reference(List<Values> in, List<Values> out) {
    Values f = in.get(1);
    Values p = out.get(0);
    Values m = out.get(1);
    Values v = out.get(2);
    for (int i = 0; i < p.size(); i++) {
      double g = in.getFirst().get(i) * f.get(0);
      m.set(i, m.get(i) + f.get(2) * (g - m.get(i)));
      v.set(i, f.get(3) * v.get(i) + f.get(4) * g * g);
      double denominator = Math.sqrt(v.get(i)) * f.get(5) + f.get(6);
      p.set(i, p.get(i) * f.get(1) - f.get(7) * m.get(i) / denominator);
      if (copies) {
        out.get(3).set(i, p.get(i)); // rounded when it is stored in its type
      }
    }
  }

  @Override
  public void cpu(List<Tensor> in, List<Tensor> out) {
    MemorySegment g = in.getFirst().segment();
    MemorySegment p = out.get(0).segment();
    MemorySegment m = out.get(1).segment();
    MemorySegment v = out.get(2).segment();
    float[] f = Tensors.toFloats(in.get(1));
    Fast factors = new Fast(f[0], f[1], f[2], f[3], f[4], f[5], f[6], -f[7]);
    Parallel.range(
        0,
        in.getFirst().shape().elementsExact(),
        Fast.GRAIN,
        (from, to) -> factors.update(g, p, m, v, from, to));
    if (copies) {
      new Cast(DType.BF16).cpu(out.subList(0, 1), out.subList(3, 4));
    }
  }

  @Override
  public List<Command> commands(List<Tensor> in, List<Tensor> out) {
    int n = in.getFirst().shape().elementsExact();
    return Kernels.elements(
        "adam_w_update_f32",
        n,
        in.getFirst(),
        out.get(0),
        out.get(1),
        out.get(2),
        copies ? out.get(3) : Kernels.NULL,
        in.get(1),
        n);
  }

  static List<Sample> samples() {
    return List.of(
        sample(factors(1e-3, 0.9, 0.999, 1e-8, 0.1, 1, 1), Input.normal(3, 5)),
        sample(factors(1e-3, 0.9, 0.999, 1e-8, 0.1, 1, 1), Input.normal(4, 5)),
        sample(factors(0.1, 0.9, 0.95, 1e-8, 0, 100, 0.25), Input.normal(67, 31)),
        sample(factors(0.1, 0.9, 0.95, 0.1, 0, 3, 1), Input.normal(37)),
        sample(factors(0, 0.9, 0.999, 1e-8, 0.01, 1, 1), Input.normal(1)),
        sample(factors(1e-3, 0.9, 0.999, 1e-6, 0.1, 7, 1), Input.normal(0, 4)),
        sample(factors(1e-3, 0.8, 0.99, 1e-8, 0.1, 2, 1), Input.uniform(0, 0, 37)),
        sample(factors(1e-3, 0.9, 0.999, 1e-8, 0.1, 3, 1), Input.uniform(-1e15, 1e15, 129)),
        copying(0x1p-80, 23, 0),
        copying(0x1p-80, 2, 3),
        copying(Double.POSITIVE_INFINITY, 5, 0));
  }

  /**
   * p becomes {@code -stepSize·g} exactly, so that its copy has one value: of numbers halfway
   * between two of BF16, beside them, and NaN.
   */
  private static Sample copying(double stepSize, int n, int first) {
    double[] patterns = {0x1.01p80, 0x1.03p80, 0x1.00fffep80, 0x1.010002p80, Double.NaN};
    double[] gradient = new double[n];
    for (int i = 0; i < n; i++) {
      gradient[i] = patterns[(first + i) % patterns.length];
    }
    Input factors = Input.exactly(1, 0, 1, 0, 0, 1, 1, stepSize);
    return Sample.of(new AdamW(true), 8, Input.exactly(gradient), factors);
  }

  private static Sample sample(double[] factors, Input gradient) {
    return Sample.of(new AdamW(), 8, gradient, Input.exactly(factors));
  }

  /** The factors in F32, and the loop. */
  private record Fast(
      float gradScale,
      float decay,
      float oneMinusBeta1,
      float beta2,
      float oneMinusBeta2,
      float inverseRootCorrection,
      float eps,
      float minusStepSize) {
    static final int GRAIN = 1 << 13;

    void update(
        MemorySegment g, MemorySegment p, MemorySegment m, MemorySegment v, int from, int to) {
      int i = from;
      for (; i <= to - LENGTH; i += LENGTH) {
        FloatVector gradient = load(g, 0, i).mul(gradScale);
        FloatVector first = first(gradient, load(m, 0, i));
        FloatVector second = second(gradient, load(v, 0, i));
        store(first, m, 0, i);
        store(second, v, 0, i);
        store(parameter(load(p, 0, i), first, second), p, 0, i);
      }
      if (i < to) {
        FloatVector gradient = loadBelow(g, 0, i, to).mul(gradScale);
        FloatVector first = first(gradient, loadBelow(m, 0, i, to));
        FloatVector second = second(gradient, loadBelow(v, 0, i, to));
        storeBelow(first, m, 0, i, to);
        storeBelow(second, v, 0, i, to);
        storeBelow(parameter(loadBelow(p, 0, i, to), first, second), p, 0, i, to);
      }
    }

    private FloatVector first(FloatVector g, FloatVector m) {
      return g.sub(m).fma(FloatVector.broadcast(SPECIES, oneMinusBeta1), m);
    }

    private FloatVector second(FloatVector g, FloatVector v) {
      return g.mul(oneMinusBeta2).fma(g, v.mul(beta2));
    }

    private FloatVector parameter(FloatVector p, FloatVector m, FloatVector v) {
      FloatVector denominator = v.sqrt().mul(inverseRootCorrection).add(eps);
      return m.div(denominator).fma(FloatVector.broadcast(SPECIES, minusStepSize), p.mul(decay));
    }
  }
}
