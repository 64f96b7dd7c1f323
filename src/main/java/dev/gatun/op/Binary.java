package dev.gatun.op;

import static dev.gatun.cpu.Simd.LENGTH;
import static dev.gatun.cpu.Simd.load;
import static dev.gatun.cpu.Simd.loadBelow;
import static dev.gatun.cpu.Simd.store;
import static dev.gatun.cpu.Simd.storeBelow;

import dev.gatun.autograd.Backprop;
import dev.gatun.core.Shape;
import dev.gatun.cpu.Parallel;
import dev.gatun.device.Command;
import dev.gatun.op.Sample.Input;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.TensorSpec;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import jdk.incubator.vector.FloatVector;

/**
 * Element by element, with the second operand repeated over the leading axes of the first.
 *
 * <pre>
 *   ADD  z = x + y    dx = dz      dy = dz
 *   MUL  z = x·y      dx = dz·y    dy = dz·x
 * </pre>
 *
 * <p>x [..., S], y [S] for any trailing shape S of x → z of x's shape. The gradient of a repeated y
 * is summed over the leading axes, here and nowhere else.
 */
record Binary(Kind kind) implements Op, Op.Differentiable {
  enum Kind {
    ADD,
    MUL
  }

  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    Require.count(this, in, 2);
    Require.sameFloat(this, in, 0, 1);
    Require.that(
        this,
        isTrailing(in.get(0).shape(), in.get(1).shape()),
        "the second operand must have the trailing axes of the first",
        in);
    return List.of(in.getFirst());
  }

  @Override
  public void reference(List<Values> in, List<Values> out) {
    Values x = in.get(0);
    Values y = in.get(1);
    for (int i = 0; i < x.size(); i++) {
      double a = x.get(i);
      double b = y.get(i % y.size());
      out.getFirst()
          .set(
              i,
              switch (kind) {
                case ADD -> a + b;
                case MUL -> a * b;
              });
    }
  }

  @Override
  public void cpu(List<Tensor> in, List<Tensor> out) {
    MemorySegment x = in.get(0).segment();
    MemorySegment y = in.get(1).segment();
    MemorySegment z = out.getFirst().segment();
    int period = in.get(1).shape().elementsExact();
    int count = in.get(0).shape().elementsExact();
    if (count == 0) {
      return;
    }
    Parallel.range(
        0,
        count / period,
        Math.max(1, Fast.GRAIN / period),
        (from, to) -> {
          for (int r = from; r < to; r++) {
            Fast.row(kind, x, 4L * r * period, y, z, period);
          }
        });
  }

  @Override
  public List<Command> commands(List<Tensor> in, List<Tensor> out) {
    int n = in.get(0).shape().elementsExact();
    int period = in.get(1).shape().elementsExact();
    String kernel =
        switch (kind) {
          case ADD -> "add_forward_f32";
          case MUL -> "mul_forward_f32";
        };
    return Kernels.elements(kernel, n, in.get(0), in.get(1), out.getFirst(), n, period);
  }

  @Override
  public boolean rereadsOutput() {
    return false;
  }

  @Override
  public void vjp(Backprop b) {
    Tensor dz = b.dy();
    switch (kind) {
      case ADD -> {
        b.add(0, dz);
        addReduced(b, dz);
      }
      case MUL -> {
        if (b.needs(0)) {
          b.add(0, Ops.mul(dz, b.in(1)));
        }
        if (b.needs(1)) {
          addReduced(b, Ops.mul(dz, b.in(0)));
        }
      }
    }
  }

  /** The gradient of the second operand: summed over the axes along which it was repeated. */
  private static void addReduced(Backprop b, Tensor gradient) {
    Shape shape = b.in(1).shape();
    if (gradient.shape().elements() == shape.elements()) {
      b.add(1, gradient.view(shape));
      return;
    }
    int period = shape.elementsExact();
    Tensor rows = gradient.view(gradient.shape().elementsExact() / period, period);
    b.write(1, (target, accumulate) -> Ops.into(new SumRows(accumulate), target, rows));
  }

  private static boolean isTrailing(Shape whole, Shape part) {
    if (part.rank() > whole.rank()) {
      return false;
    }
    for (int axis = 1; axis <= part.rank(); axis++) {
      if (whole.size(-axis) != part.size(-axis)) {
        return false;
      }
    }
    return true;
  }

  static List<Sample> samples() {
    return Arrays.stream(Kind.values())
        .map(Binary::new)
        .flatMap(
            op ->
                Stream.of(
                    Sample.of(op, 2, Input.normal(3, 5), Input.normal(3, 5)),
                    Sample.of(op, 2, Input.normal(2, 3, 37), Input.normal(37)),
                    Sample.of(op, 2, Input.normal(4, 3, 5), Input.normal(3, 5)),
                    Sample.of(op, 2, Input.normal(1), Input.normal(1)),
                    Sample.of(op, 2, Input.normal(4, 5), Input.normal(4, 5)),
                    Sample.of(op, 2, Input.normal(6, 6), Input.normal(6)),
                    Sample.of(op, 2, Input.normal(0, 7), Input.normal(7)),
                    Sample.of(op, 2, Input.normal(131, 67), Input.normal(131, 67))))
        .toList();
  }

  static final class Fast {
    static final int GRAIN = 1 << 14;

    private Fast() {}

    static void row(
        Kind kind, MemorySegment x, long offset, MemorySegment y, MemorySegment z, int count) {
      int i = 0;
      for (; i <= count - LENGTH; i += LENGTH) {
        store(apply(kind, load(x, offset, i), load(y, 0, i)), z, offset, i);
      }
      if (i < count) {
        FloatVector last = apply(kind, loadBelow(x, offset, i, count), loadBelow(y, 0, i, count));
        storeBelow(last, z, offset, i, count);
      }
    }

    private static FloatVector apply(Kind kind, FloatVector x, FloatVector y) {
      return switch (kind) {
        case ADD -> x.add(y);
        case MUL -> x.mul(y);
      };
    }
  }
}
