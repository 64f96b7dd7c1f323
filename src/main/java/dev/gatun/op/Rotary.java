package dev.gatun.op;

import static dev.gatun.cpu.Simd.LENGTH;
import static dev.gatun.cpu.Simd.load;
import static dev.gatun.cpu.Simd.loadBelow;
import static dev.gatun.cpu.Simd.store;
import static dev.gatun.cpu.Simd.storeBelow;

import dev.gatun.autograd.Backprop;
import dev.gatun.core.Shape;
import dev.gatun.core.ShapeException;
import dev.gatun.cpu.Parallel;
import dev.gatun.device.Command;
import dev.gatun.op.Sample.Input;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.TensorSpec;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import jdk.incubator.vector.FloatVector;

/**
 * Rotary position embedding: pairs of dimensions turned by an angle that grows with the position.
 *
 * <pre>
 *   p      = positions[b,t]          c = cos[p,i]     s = sin[p,i]     i = 0 .. R/2 - 1
 *   y[i]       = x[i]·c - x[i+R/2]·s
 *   y[i+R/2]   = x[i+R/2]·c + x[i]·s
 *   y[r]       = x[r]                                                   r = R .. D - 1
 *   dx         = the same with -s: the inverse of a rotation is its transpose
 * </pre>
 *
 * <p>x [B,T,H,D], cos and sin [P,R/2], positions I32 [B,T] → y [B,T,H,D]. Su et al., "RoFormer:
 * Enhanced Transformer with Rotary Position Embedding", 2021, equation 34, with the pairs (i,
 * i+R/2) of Hugging Face's {@code rotate_half} and, for R &lt; D, its {@code
 * partial_rotary_factor}. The tables are constants: no gradient flows to them.
 *
 * @param inverse whether to turn back
 * @param accumulate whether to add to y
 */
record Rotary(boolean inverse, boolean accumulate) implements Op, Op.Differentiable {
  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    Require.count(this, in, 4);
    Require.sameFloat(this, in, 0, 1, 2);
    Require.integers(this, in, 3);
    Require.rank(this, in, 0, 4);
    Require.rank(this, in, 1, 2);
    Require.sameShape(this, in, 1, 2);
    Shape x = in.get(0).shape();
    Require.that(
        this,
        2L * in.get(1).shape().columns() <= x.size(3),
        "the tables must have at most D/2 columns, D being the last size of input 0",
        in);
    Require.that(
        this,
        in.get(3).shape().equals(Shape.of(x.size(0), x.size(1))),
        "positions must be [B,T], the leading sizes of input 0",
        in);
    return List.of(in.getFirst());
  }

  @Override
  public boolean updates() {
    return accumulate;
  }

  @Override
  public void reference(List<Values> in, List<Values> out) {
    Values x = in.get(0);
    Values cos = in.get(1);
    Values y = out.getFirst();
    int half = cos.columns();
    int heads = x.shape().size(2);
    for (int row = 0; row < x.rows(); row++) {
      int p = checked(in.get(3).getInt(row / heads), row / heads, cos.rows());
      for (int i = 0; i < half; i++) {
        double c = cos.get(p, i);
        double s = inverse ? -in.get(2).get(p, i) : in.get(2).get(p, i);
        y.add(row, i, x.get(row, i) * c - x.get(row, i + half) * s);
        y.add(row, i + half, x.get(row, i + half) * c + x.get(row, i) * s);
      }
      for (int r = 2 * half; r < x.columns(); r++) {
        y.add(row, r, x.get(row, r));
      }
    }
  }

  @Override
  public void cpu(List<Tensor> in, List<Tensor> out) {
    MemorySegment x = in.get(0).segment();
    MemorySegment cos = in.get(1).segment();
    MemorySegment sin = in.get(2).segment();
    MemorySegment positions = in.get(3).segment();
    MemorySegment y = out.getFirst().segment();
    Shape shape = in.get(0).shape();
    int table = in.get(1).shape().rows();
    int half = in.get(1).shape().columns();
    int heads = shape.size(2);
    int columns = shape.size(3);
    float sign = inverse ? -1 : 1;
    Parallel.range(
        0,
        Math.toIntExact((long) shape.size(0) * shape.size(1)),
        Math.max(1, Fast.GRAIN / Math.max(1, heads * columns)),
        (from, to) -> {
          for (int token = from; token < to; token++) {
            int p = checked(positions.getAtIndex(ValueLayout.JAVA_INT, token), token, table);
            for (int h = 0; h < heads; h++) {
              long offset = 4L * columns * ((long) token * heads + h);
              Fast.turn(x, offset, cos, sin, 4L * p * half, half, sign, y, accumulate);
              Fast.pass(x, offset, 2 * half, columns, y, accumulate);
            }
          }
        });
  }

  private int checked(int position, int token, int table) {
    if (position < 0 || position >= table) {
      throw new ShapeException(
          "[%s] position %d of token %d lies outside the tables, which have %d rows"
              .formatted(name(), position, token, table));
    }
    return position;
  }

  @Override
  public List<Command> commands(List<Tensor> in, List<Tensor> out) {
    Shape x = in.get(0).shape();
    int half = in.get(1).shape().columns();
    int n = Math.multiplyExact(x.rows(), x.columns() - half);
    return Kernels.threads(
        "rotary_forward_f32",
        n,
        in.get(0),
        in.get(1),
        in.get(2),
        in.get(3),
        out.getFirst(),
        n,
        x.size(2),
        x.columns(),
        half,
        in.get(1).shape().rows(),
        inverse ? -1f : 1f,
        accumulate);
  }

  @Override
  public boolean rereadsOutput() {
    return false;
  }

  @Override
  public boolean flowsTo(int input) {
    return input == 0;
  }

  @Override
  public void vjp(Backprop b) {
    b.write(
        0, (dx, add) -> Ops.into(new Rotary(!inverse, add), dx, b.dy(), b.in(1), b.in(2), b.in(3)));
  }

  static List<Sample> samples() {
    List<Sample> samples = new ArrayList<>();
    int[][] sizes = { // B, T, H, D, R
      {1, 1, 1, 2, 2}, {2, 3, 2, 8, 8}, {1, 5, 3, 12, 4}, {2, 2, 1, 20, 10}, {1, 7, 2, 24, 24},
      {2, 17, 4, 64, 32}, {1, 3, 2, 80, 80}, {1, 4, 1, 128, 128}, {1, 2, 3, 9, 0}, {2, 0, 1, 8, 8}
    };
    for (int[] s : sizes) {
      for (Rotary op : List.of(new Rotary(false, false), new Rotary(true, true))) {
        int positions = s[1] + 3;
        samples.add(
            Sample.of(
                op,
                3,
                Input.normal(s[0], s[1], s[2], s[3]),
                Input.uniform(-1, 1, positions, s[4] / 2),
                Input.uniform(-1, 1, positions, s[4] / 2),
                Input.integers(0, positions, s[0], s[1])));
      }
    }
    return samples;
  }

  static final class Fast {
    static final int GRAIN = 1 << 13;

    private Fast() {}

    /**
     * The first 2·half dimensions of one head.
     *
     * @param sign of the angle: 1 or -1
     */
    static void turn(
        MemorySegment x,
        long offset,
        MemorySegment cos,
        MemorySegment sin,
        long row,
        int half,
        float sign,
        MemorySegment y,
        boolean accumulate) {
      long upper = offset + 4L * half;
      int i = 0;
      for (; i <= half - LENGTH; i += LENGTH) {
        FloatVector c = load(cos, row, i);
        FloatVector s = load(sin, row, i).mul(sign);
        FloatVector x0 = load(x, offset, i);
        FloatVector x1 = load(x, upper, i);
        FloatVector y0 = x0.fma(c, x1.mul(s).neg());
        FloatVector y1 = x1.fma(c, x0.mul(s));
        store(accumulate ? y0.add(load(y, offset, i)) : y0, y, offset, i);
        store(accumulate ? y1.add(load(y, upper, i)) : y1, y, upper, i);
      }
      if (i < half) {
        FloatVector c = loadBelow(cos, row, i, half);
        FloatVector s = loadBelow(sin, row, i, half).mul(sign);
        FloatVector x0 = loadBelow(x, offset, i, half);
        FloatVector x1 = loadBelow(x, upper, i, half);
        FloatVector y0 = x0.fma(c, x1.mul(s).neg());
        FloatVector y1 = x1.fma(c, x0.mul(s));
        storeBelow(accumulate ? y0.add(loadBelow(y, offset, i, half)) : y0, y, offset, i, half);
        storeBelow(accumulate ? y1.add(loadBelow(y, upper, i, half)) : y1, y, upper, i, half);
      }
    }

    /** The dimensions {@code from <= r < to} of one head, which are not turned. */
    static void pass(
        MemorySegment x, long offset, int from, int to, MemorySegment y, boolean accumulate) {
      int i = from;
      for (; i <= to - LENGTH; i += LENGTH) {
        FloatVector v = load(x, offset, i);
        store(accumulate ? v.add(load(y, offset, i)) : v, y, offset, i);
      }
      if (i < to) {
        FloatVector v = loadBelow(x, offset, i, to);
        storeBelow(accumulate ? v.add(loadBelow(y, offset, i, to)) : v, y, offset, i, to);
      }
    }
  }
}
