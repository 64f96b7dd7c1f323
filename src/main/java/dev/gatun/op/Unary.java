package dev.gatun.op;

import static dev.gatun.cpu.Simd.LENGTH;
import static dev.gatun.cpu.Simd.ORDER;
import static dev.gatun.cpu.Simd.SPECIES;
import static dev.gatun.cpu.Simd.load;
import static dev.gatun.cpu.Simd.loadBelow;
import static dev.gatun.cpu.Simd.store;
import static dev.gatun.cpu.Simd.storeBelow;

import dev.gatun.autograd.Backprop;
import dev.gatun.cpu.Parallel;
import dev.gatun.cpu.VectorMath;
import dev.gatun.device.Command;
import dev.gatun.op.Sample.Input;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.TensorSpec;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Activations, element by element. σ is the sigmoid, Φ the normal distribution function.
 *
 * <pre>
 *   GELU_TANH  u = √(2/π)·(x + 0.044715·x³)    y = x/2·(1 + tanh u) = x·σ(2u)
 *              dx = dy·(s + x·s·(1 - s)·2u')   s = σ(2u),  u' = √(2/π)·(1 + 3·0.044715·x²)
 *   GELU_ERF   y = x·Φ(x)                      Φ(x) = ½·(1 + erf(x/√2))
 *              dx = dy·(Φ(x) + x·φ(x))         φ(x) = e^(-x²/2)/√(2π)
 *   SILU       y = x·σ(x)
 *              dx = dy·(s + x·s·(1 - s))       s = σ(x)
 * </pre>
 *
 * <p>x of any shape → y. Hendrycks, Gimpel, "Gaussian Error Linear Units", 2016, section 2;
 * Elfwing, Uchibe, Doya, "Sigmoid-Weighted Linear Units", 2017, equation 5. The names in Hugging
 * Face configurations: {@code gelu_new} and {@code gelu_pytorch_tanh}, {@code gelu}, {@code silu}.
 */
record Unary(Kind kind) implements Op, Op.Differentiable {
  enum Kind {
    GELU_TANH,
    GELU_ERF,
    SILU;

    /** The entry for a pass. */
    String kernel(String pass) {
      return name().toLowerCase(Locale.ROOT) + "_" + pass + "_f32";
    }

    /** y, in double. */
    double value(double x) {
      return switch (this) {
        case GELU_TANH -> x * sigmoid(GELU_SCALE * (x + GELU_CUBE * x * x * x));
        case GELU_ERF -> x * normalCdf(x);
        case SILU -> x * sigmoid(x);
      };
    }

    /** dy/dx, in double. */
    double slope(double x) {
      return switch (this) {
        case GELU_TANH -> {
          double s = sigmoid(GELU_SCALE * (x + GELU_CUBE * x * x * x));
          yield s + x * s * (1 - s) * GELU_SCALE * (1 + 3 * GELU_CUBE * x * x);
        }
        case GELU_ERF -> normalCdf(x) + x * Math.exp(-x * x / 2) * NORMAL_PEAK;
        case SILU -> sigmoid(x) + x * sigmoid(x) * (1 - sigmoid(x));
      };
    }
  }

  /** {@code 2·√(2/π)}. */
  private static final double GELU_SCALE = 2 * Math.sqrt(2 / Math.PI);

  private static final double GELU_CUBE = 0.044715;

  /** {@code 1/√(2π)}. */
  private static final double NORMAL_PEAK = 1 / Math.sqrt(2 * Math.PI);

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  private static double normalCdf(double x) {
    return (1 + ErrorFunction.erf(x / Math.sqrt(2))) / 2;
  }

  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    Require.count(this, in, 1);
    Require.sameFloat(this, in, 0);
    return List.of(in.getFirst());
  }

  @Override
  public void reference(List<Values> in, List<Values> out) {
    for (int i = 0; i < in.getFirst().size(); i++) {
      out.getFirst().set(i, kind.value(in.getFirst().get(i)));
    }
  }

  @Override
  public void cpu(List<Tensor> in, List<Tensor> out) {
    MemorySegment x = in.getFirst().segment();
    MemorySegment y = out.getFirst().segment();
    Parallel.range(
        0,
        in.getFirst().shape().elementsExact(),
        Fast.GRAIN,
        (from, to) -> {
          switch (kind) {
            case GELU_TANH -> Fast.geluTanh(x, y, from, to);
            case GELU_ERF -> Fast.geluErf(x, y, from, to);
            case SILU -> Fast.silu(x, y, from, to);
          }
        });
  }

  @Override
  public List<Command> commands(List<Tensor> in, List<Tensor> out) {
    int n = in.getFirst().shape().elementsExact();
    return Kernels.elements(kind.kernel("forward"), n, in.getFirst(), out.getFirst(), n);
  }

  @Override
  public boolean rereadsOutput() {
    return false;
  }

  @Override
  public void vjp(Backprop b) {
    b.write(0, (dx, add) -> Ops.into(new Backward(kind, add), dx, b.in(0), b.dy()));
  }

  static List<Sample> samples() {
    List<Sample> samples = new ArrayList<>();
    for (Kind kind : Kind.values()) {
      Unary op = new Unary(kind);
      samples.add(Sample.of(op, 8, Input.normal(3, 5)));
      samples.add(Sample.of(op, 8, Input.normal(1)));
      samples.add(Sample.of(op, 8, Input.normal(4, 5)));
      samples.add(Sample.of(op, 8, Input.normal(0, 4)));
      samples.add(Sample.of(op, 8, Input.normal(2, 3, 67)));
      samples.add(Sample.of(op, 8, Input.uniform(-12, 12, 131, 67)));
      samples.add(Sample.of(op, 8, Input.uniform(-3, -2, 37)));
      samples.add(Sample.of(op, 8, Input.uniform(-0.1, 0.1, 37)));
      samples.add(Sample.of(op, 8, Input.uniform(-1e4, 1e4, 37)));
      // All results of one size, so that the bound is as tight for each.
      int roundings = kind == Kind.GELU_ERF ? 64 : 1; // in 1 + erf x digits cancel
      samples.add(Sample.of(op, roundings, Input.uniform(-3.1, -3, 67)));
    }
    return samples;
  }

  /**
   * {@code dx}, see {@link Unary}: x, dy of one shape → dx.
   *
   * @param accumulate whether to add to dx
   */
  record Backward(Kind kind, boolean accumulate) implements Op, Op.NonDifferentiable {
    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
      Require.count(this, in, 2);
      Require.sameFloat(this, in, 0, 1);
      Require.sameShape(this, in, 0, 1);
      return List.of(in.getFirst());
    }

    @Override
    public boolean updates() {
      return accumulate;
    }

    @Override
    public void reference(List<Values> in, List<Values> out) {
      for (int i = 0; i < in.getFirst().size(); i++) {
        out.getFirst().add(i, in.get(1).get(i) * kind.slope(in.get(0).get(i)));
      }
    }

    @Override
    public void cpu(List<Tensor> in, List<Tensor> out) {
      MemorySegment x = in.get(0).segment();
      MemorySegment dy = in.get(1).segment();
      MemorySegment dx = out.getFirst().segment();
      Parallel.range(
          0,
          in.getFirst().shape().elementsExact(),
          Fast.GRAIN,
          (from, to) -> {
            switch (kind) {
              case GELU_TANH -> Fast.geluTanhBackward(x, dy, dx, accumulate, from, to);
              case GELU_ERF -> Fast.geluErfBackward(x, dy, dx, accumulate, from, to);
              case SILU -> Fast.siluBackward(x, dy, dx, accumulate, from, to);
            }
          });
    }

    @Override
    public List<Command> commands(List<Tensor> in, List<Tensor> out) {
      int n = in.getFirst().shape().elementsExact();
      return Kernels.elements(
          kind.kernel("backward"), n, in.get(0), in.get(1), out.getFirst(), n, accumulate);
    }

    static List<Sample> samples() {
      List<Sample> samples = new ArrayList<>();
      for (Kind kind : Kind.values()) {
        for (boolean accumulate : new boolean[] {false, true}) {
          Backward op = new Backward(kind, accumulate);
          samples.add(Sample.of(op, 8, Input.normal(3, 5), Input.normal(3, 5)));
          samples.add(Sample.of(op, 8, Input.normal(1), Input.normal(1)));
          samples.add(Sample.of(op, 8, Input.normal(4, 5), Input.normal(4, 5)));
          samples.add(Sample.of(op, 8, Input.normal(0, 4), Input.normal(0, 4)));
          samples.add(Sample.of(op, 8, Input.uniform(-12, 12, 131, 67), Input.normal(131, 67)));
          samples.add(Sample.of(op, 8, Input.uniform(-1e30, 1e30, 37), Input.normal(37)));
        }
      }
      return samples;
    }
  }

  /**
   * One loop for each function. Past a budget of nodes the compiler inlines the methods of the
   * Vector API alone, and a vector that meets another call goes through the heap; an exponential
   * uses up most of the budget. So loops load first, and store by the Vector API itself where they
   * do much else. {@link OpBench} shows when that fails: 2 ns per element instead of less than 1.
   */
  static final class Fast {
    static final int GRAIN = 1 << 13;

    private static final float SCALE = (float) GELU_SCALE;
    private static final float SCALE_CUBE = (float) (GELU_SCALE * GELU_CUBE);
    private static final float SCALE_CUBE_3 = (float) (3 * GELU_SCALE * GELU_CUBE);
    private static final float SQRT_HALF = (float) Math.sqrt(0.5);
    private static final float PEAK = (float) NORMAL_PEAK;

    /** σ(2u) is 0 or 1 for x² beyond, where u' of an unbounded x would be infinite. */
    private static final float SATURATED_SQUARE = 144;

    /** {@code -4·√2}: Φ is below 8e-9 from here on, where {@link VectorMath#logErfc} ends. */
    private static final float NO_TAIL = -5.656854f;

    /** Elements that stay in the first-level cache between two passes. */
    static final int CHUNK = 1024;

    private Fast() {}

    static void geluTanh(MemorySegment x, MemorySegment y, int from, int to) {
      int i = from;
      for (; i <= to - LENGTH; i += LENGTH) {
        store(geluTanh(load(x, 0, i)), y, 0, i);
      }
      if (i < to) {
        storeBelow(geluTanh(loadBelow(x, 0, i, to)), y, 0, i, to);
      }
    }

    /** In two passes, for the sake of the budget. */
    static void geluErf(MemorySegment x, MemorySegment y, int from, int to) {
      for (int start = from; start < to; start += CHUNK) {
        int end = Math.min(to, start + CHUNK);
        logErfc(x, y, 0, start, end);
        geluErfOfLog(x, y, start, end);
      }
    }

    /** {@code y[i] = log erfc(|x[i]|/√2)}, y beginning at an offset in bytes. */
    private static void logErfc(MemorySegment x, MemorySegment y, long offset, int from, int to) {
      int i = from;
      for (; i <= to - LENGTH; i += LENGTH) {
        store(VectorMath.logErfc(load(x, 0, i).mul(SQRT_HALF)), y, offset, i);
      }
      if (i < to) {
        FloatVector last = VectorMath.logErfc(loadBelow(x, 0, i, to).mul(SQRT_HALF));
        storeBelow(last, y, offset, i, to);
      }
    }

    private static void geluErfOfLog(MemorySegment x, MemorySegment y, int from, int to) {
      int i = from;
      for (; i <= to - LENGTH; i += LENGTH) {
        FloatVector v = load(x, 0, i);
        store(v.mul(normalCdf(v, load(y, 0, i))), y, 0, i);
      }
      if (i < to) {
        FloatVector v = loadBelow(x, 0, i, to);
        storeBelow(v.mul(normalCdf(v, loadBelow(y, 0, i, to))), y, 0, i, to);
      }
    }

    static void silu(MemorySegment x, MemorySegment y, int from, int to) {
      int i = from;
      for (; i <= to - LENGTH; i += LENGTH) {
        store(silu(load(x, 0, i)), y, 0, i);
      }
      if (i < to) {
        storeBelow(silu(loadBelow(x, 0, i, to)), y, 0, i, to);
      }
    }

    static void geluTanhBackward(
        MemorySegment x, MemorySegment dy, MemorySegment dx, boolean accumulate, int from, int to) {
      int i = from;
      for (; i <= to - LENGTH; i += LENGTH) {
        FloatVector before = accumulate ? load(dx, 0, i) : FloatVector.zero(SPECIES);
        FloatVector g = load(dy, 0, i);
        geluTanhSlope(load(x, 0, i)).fma(g, before).intoMemorySegment(dx, 4L * i, ORDER);
      }
      if (i < to) {
        FloatVector before = accumulate ? loadBelow(dx, 0, i, to) : FloatVector.zero(SPECIES);
        FloatVector g = loadBelow(dy, 0, i, to);
        storeBelow(geluTanhSlope(loadBelow(x, 0, i, to)).fma(g, before), dx, 0, i, to);
      }
    }

    /** In three passes through a piece of scratch, see {@link #geluErf}. */
    static void geluErfBackward(
        MemorySegment x, MemorySegment dy, MemorySegment dx, boolean accumulate, int from, int to) {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment slope = arena.allocate(4L * CHUNK, 64);
        for (int start = from; start < to; start += CHUNK) {
          int end = Math.min(to, start + CHUNK);
          logErfc(x, slope, -4L * start, start, end);
          normalCdfOfLog(x, slope, -4L * start, start, end);
          addDensity(x, slope, -4L * start, dy, dx, accumulate, start, end);
        }
      }
    }

    private static void normalCdfOfLog(
        MemorySegment x, MemorySegment y, long offset, int from, int to) {
      int i = from;
      for (; i <= to - LENGTH; i += LENGTH) {
        store(normalCdf(load(x, 0, i), load(y, offset, i)), y, offset, i);
      }
      if (i < to) {
        FloatVector last = normalCdf(loadBelow(x, 0, i, to), loadBelow(y, offset, i, to));
        storeBelow(last, y, offset, i, to);
      }
    }

    /** {@code dx[i] (+)= dy[i]·(cdf[i] + x[i]·φ(x[i]))}. */
    private static void addDensity(
        MemorySegment x,
        MemorySegment cdf,
        long offset,
        MemorySegment dy,
        MemorySegment dx,
        boolean accumulate,
        int from,
        int to) {
      int i = from;
      for (; i <= to - LENGTH; i += LENGTH) {
        FloatVector v = load(x, 0, i);
        FloatVector d = v.fma(density(v), load(cdf, offset, i)).mul(load(dy, 0, i));
        store(accumulate ? d.add(load(dx, 0, i)) : d, dx, 0, i);
      }
      if (i < to) {
        FloatVector v = loadBelow(x, 0, i, to);
        FloatVector d = v.fma(density(v), loadBelow(cdf, offset, i, to));
        d = d.mul(loadBelow(dy, 0, i, to));
        storeBelow(accumulate ? d.add(loadBelow(dx, 0, i, to)) : d, dx, 0, i, to);
      }
    }

    static void siluBackward(
        MemorySegment x, MemorySegment dy, MemorySegment dx, boolean accumulate, int from, int to) {
      int i = from;
      for (; i <= to - LENGTH; i += LENGTH) {
        FloatVector before = accumulate ? load(dx, 0, i) : FloatVector.zero(SPECIES);
        FloatVector g = load(dy, 0, i);
        siluSlope(load(x, 0, i)).fma(g, before).intoMemorySegment(dx, 4L * i, ORDER);
      }
      if (i < to) {
        FloatVector before = accumulate ? loadBelow(dx, 0, i, to) : FloatVector.zero(SPECIES);
        FloatVector g = loadBelow(dy, 0, i, to);
        storeBelow(siluSlope(loadBelow(x, 0, i, to)).fma(g, before), dx, 0, i, to);
      }
    }

    static FloatVector geluTanh(FloatVector x) {
      return x.mul(VectorMath.sigmoid(x.mul(x.mul(x).mul(SCALE_CUBE).add(SCALE))));
    }

    static FloatVector geluTanhSlope(FloatVector x) {
      FloatVector square = x.mul(x);
      square = square.blend(SATURATED_SQUARE, square.compare(VectorOperators.GT, SATURATED_SQUARE));
      FloatVector inner = x.mul(square.mul(SCALE_CUBE_3).add(SCALE));
      FloatVector s = VectorMath.sigmoid(x.mul(square.mul(SCALE_CUBE).add(SCALE)));
      return inner.mul(s.neg().add(1f)).fma(s, s);
    }

    static FloatVector silu(FloatVector x) {
      return x.mul(VectorMath.sigmoid(x));
    }

    static FloatVector siluSlope(FloatVector x) {
      FloatVector s = VectorMath.sigmoid(x);
      return x.mul(s.neg().add(1f)).fma(s, s);
    }

    /**
     * {@code Φ(x) = ½·erfc(-x/√2)}, from log erfc(|x|/√2): without cancellation where x is
     * negative.
     */
    private static FloatVector normalCdf(FloatVector x, FloatVector logErfc) {
      FloatVector tail = VectorMath.exp(logErfc).mul(0.5f);
      tail = tail.blend(0f, x.compare(VectorOperators.LT, NO_TAIL));
      return tail.neg().add(1f).blend(tail, x.compare(VectorOperators.LT, 0f));
    }

    private static FloatVector density(FloatVector x) {
      return VectorMath.exp(x.mul(x).mul(-0.5f)).mul(PEAK);
    }
  }
}
