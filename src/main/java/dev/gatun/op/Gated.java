package dev.gatun.op;

import static dev.gatun.cpu.Simd.LENGTH;
import static dev.gatun.cpu.Simd.ORDER;
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
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import jdk.incubator.vector.FloatVector;

/**
 * Gated linear units.
 *
 * <pre>
 *   y = f(gate)·up       dgate = dy·up·f'(gate)       dup = dy·f(gate)
 *   SWIGLU  f = silu     GEGLU  f = gelu in its tanh form, see {@link Unary}
 * </pre>
 *
 * <p>gate, up of one shape → y. Shazeer, "GLU Variants Improve Transformer", 2020, equation 5.
 */
record Gated(Kind kind) implements Op, Op.Differentiable, Op.Fused {
  enum Kind {
    SWIGLU(Unary.Kind.SILU),
    GEGLU(Unary.Kind.GELU_TANH);

    private final Unary.Kind activation;

    Kind(Unary.Kind activation) {
      this.activation = activation;
    }

    /** The entry for a pass. */
    String kernel(String pass) {
      return name().toLowerCase(Locale.ROOT) + "_" + pass + "_f32";
    }
  }

  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    Require.count(this, in, 2);
    Require.sameFloat(this, in, 0, 1);
    Require.sameShape(this, in, 0, 1);
    return List.of(in.getFirst());
  }

  @Override
  public void reference(List<Values> in, List<Values> out) {
    for (int i = 0; i < in.getFirst().size(); i++) {
      out.getFirst().set(i, kind.activation.value(in.get(0).get(i)) * in.get(1).get(i));
    }
  }

  @Override
  public void cpu(List<Tensor> in, List<Tensor> out) {
    MemorySegment gate = in.get(0).segment();
    MemorySegment up = in.get(1).segment();
    MemorySegment y = out.getFirst().segment();
    Parallel.range(
        0,
        in.getFirst().shape().elementsExact(),
        Fast.GRAIN,
        (from, to) -> {
          switch (kind) {
            case SWIGLU -> Fast.swiGlu(gate, up, y, from, to);
            case GEGLU -> Fast.geGlu(gate, up, y, from, to);
          }
        });
  }

  @Override
  public List<Tensor> compose(List<Tensor> in) {
    return List.of(Ops.mul(Ops.apply(new Unary(kind.activation), in.get(0)), in.get(1)));
  }

  @Override
  public List<Command> commands(List<Tensor> in, List<Tensor> out) {
    int n = in.getFirst().shape().elementsExact();
    return Kernels.elements(kind.kernel("forward"), n, in.get(0), in.get(1), out.getFirst(), n);
  }

  @Override
  public boolean rereadsOutput() {
    return false;
  }

  @Override
  public void vjp(Backprop b) {
    List<Tensor> gradients = Ops.applyAll(new Backward(kind), List.of(b.in(0), b.in(1), b.dy()));
    b.add(0, gradients.get(0));
    b.add(1, gradients.get(1));
  }

  static List<Sample> samples() {
    List<Sample> samples = new ArrayList<>();
    for (Kind kind : Kind.values()) {
      Gated op = new Gated(kind);
      samples.add(Sample.of(op, 8, Input.normal(3, 5), Input.normal(3, 5)));
      samples.add(Sample.of(op, 8, Input.normal(1), Input.normal(1)));
      samples.add(Sample.of(op, 8, Input.normal(4, 5), Input.normal(4, 5)));
      samples.add(Sample.of(op, 8, Input.normal(0, 4), Input.normal(0, 4)));
      samples.add(Sample.of(op, 8, Input.uniform(-12, 12, 131, 67), Input.normal(131, 67)));
      samples.add(Sample.of(op, 8, Input.uniform(-1e4, 1e4, 37), Input.normal(37)));
      // All results of one size, so that the bound is as tight for each.
      samples.add(Sample.of(op, 1, Input.uniform(-3.1, -3, 67), Input.uniform(1, 1.01, 67)));
    }
    return samples;
  }

  /** Both gradients at once, see {@link Gated}: gate, up, dy of one shape → dgate, dup. */
  record Backward(Kind kind) implements Op, Op.NonDifferentiable {
    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
      Require.count(this, in, 3);
      Require.sameFloat(this, in, 0, 1, 2);
      Require.sameShape(this, in, 0, 1);
      Require.sameShape(this, in, 0, 2);
      return List.of(in.getFirst(), in.getFirst());
    }

    @Override
    public void reference(List<Values> in, List<Values> out) {
      for (int i = 0; i < in.getFirst().size(); i++) {
        double gate = in.get(0).get(i);
        double dy = in.get(2).get(i);
        out.get(0).set(i, dy * in.get(1).get(i) * kind.activation.slope(gate));
        out.get(1).set(i, dy * kind.activation.value(gate));
      }
    }

    @Override
    public void cpu(List<Tensor> in, List<Tensor> out) {
      MemorySegment gate = in.get(0).segment();
      MemorySegment up = in.get(1).segment();
      MemorySegment dy = in.get(2).segment();
      MemorySegment dgate = out.get(0).segment();
      MemorySegment dup = out.get(1).segment();
      Parallel.range(
          0,
          in.getFirst().shape().elementsExact(),
          Fast.GRAIN,
          (from, to) -> {
            switch (kind) {
              case SWIGLU -> Fast.swiGluBackward(gate, up, dy, dgate, dup, from, to);
              case GEGLU -> Fast.geGluBackward(gate, up, dy, dgate, dup, from, to);
            }
          });
    }

    @Override
    public List<Command> commands(List<Tensor> in, List<Tensor> out) {
      int n = in.getFirst().shape().elementsExact();
      return Kernels.elements(
          kind.kernel("backward"), n, in.get(0), in.get(1), in.get(2), out.get(0), out.get(1), n);
    }

    static List<Sample> samples() {
      List<Sample> samples = new ArrayList<>();
      int[][] shapes = {{3, 5}, {1, 1}, {0, 4}, {4, 5}, {131, 67}};
      for (Kind kind : Kind.values()) {
        for (int[] s : shapes) {
          samples.add(
              Sample.of(
                  new Backward(kind),
                  8,
                  s[0] > 100 ? Input.uniform(-12, 12, s) : Input.normal(s),
                  Input.normal(s),
                  Input.normal(s)));
        }
        samples.add(
            Sample.of(
                new Backward(kind),
                8,
                Input.uniform(-1e30, 1e30, 37),
                Input.normal(37),
                Input.normal(37)));
      }
      return samples;
    }
  }

  /** One loop for each function and pass, with the care that {@link Unary.Fast} describes. */
  private static final class Fast {
    static final int GRAIN = 1 << 13;

    private Fast() {}

    static void swiGlu(MemorySegment gate, MemorySegment up, MemorySegment y, int from, int to) {
      int i = from;
      for (; i <= to - LENGTH; i += LENGTH) {
        store(Unary.Fast.silu(load(gate, 0, i)).mul(load(up, 0, i)), y, 0, i);
      }
      if (i < to) {
        FloatVector f = Unary.Fast.silu(loadBelow(gate, 0, i, to));
        storeBelow(f.mul(loadBelow(up, 0, i, to)), y, 0, i, to);
      }
    }

    static void geGlu(MemorySegment gate, MemorySegment up, MemorySegment y, int from, int to) {
      int i = from;
      for (; i <= to - LENGTH; i += LENGTH) {
        FloatVector u = load(up, 0, i);
        Unary.Fast.geluTanh(load(gate, 0, i)).mul(u).intoMemorySegment(y, 4L * i, ORDER);
      }
      if (i < to) {
        FloatVector f = Unary.Fast.geluTanh(loadBelow(gate, 0, i, to));
        storeBelow(f.mul(loadBelow(up, 0, i, to)), y, 0, i, to);
      }
    }

    static void swiGluBackward(
        MemorySegment gate,
        MemorySegment up,
        MemorySegment dy,
        MemorySegment dgate,
        MemorySegment dup,
        int from,
        int to) {
      int i = from;
      for (; i <= to - LENGTH; i += LENGTH) {
        FloatVector d = load(dy, 0, i);
        FloatVector g = load(up, 0, i).mul(d);
        FloatVector x = load(gate, 0, i);
        FloatVector s = VectorMath.sigmoid(x);
        FloatVector f = x.mul(s);
        f.mul(d).intoMemorySegment(dup, 4L * i, ORDER);
        f.mul(s.neg().add(1f)).add(s).mul(g).intoMemorySegment(dgate, 4L * i, ORDER);
      }
      if (i < to) {
        FloatVector d = loadBelow(dy, 0, i, to);
        FloatVector g = loadBelow(up, 0, i, to).mul(d);
        FloatVector x = loadBelow(gate, 0, i, to);
        FloatVector s = VectorMath.sigmoid(x);
        FloatVector f = x.mul(s);
        storeBelow(f.mul(d), dup, 0, i, to);
        storeBelow(f.mul(s.neg().add(1f)).add(s).mul(g), dgate, 0, i, to);
      }
    }

    /** In two passes, so that each stays within the compiler's budget: dup, then dgate. */
    static void geGluBackward(
        MemorySegment gate,
        MemorySegment up,
        MemorySegment dy,
        MemorySegment dgate,
        MemorySegment dup,
        int from,
        int to) {
      for (int start = from; start < to; start += Unary.Fast.CHUNK) {
        int end = Math.min(to, start + Unary.Fast.CHUNK);
        geGlu(gate, dy, dup, start, end);
        geGluBackwardGate(gate, up, dy, dgate, start, end);
      }
    }

    private static void geGluBackwardGate(
        MemorySegment gate,
        MemorySegment up,
        MemorySegment dy,
        MemorySegment dgate,
        int from,
        int to) {
      int i = from;
      for (; i <= to - LENGTH; i += LENGTH) {
        FloatVector g = load(up, 0, i).mul(load(dy, 0, i));
        FloatVector x = load(gate, 0, i);
        Unary.Fast.geluTanhSlope(x).mul(g).intoMemorySegment(dgate, 4L * i, ORDER);
      }
      if (i < to) {
        FloatVector g = loadBelow(up, 0, i, to).mul(loadBelow(dy, 0, i, to));
        FloatVector x = loadBelow(gate, 0, i, to);
        storeBelow(Unary.Fast.geluTanhSlope(x).mul(g), dgate, 0, i, to);
      }
    }
  }
}
