package dev.gatun.op;

import dev.gatun.autograd.Backprop;
import dev.gatun.core.DType;
import dev.gatun.core.Shape;
import dev.gatun.cpu.Parallel;
import dev.gatun.device.Command;
import dev.gatun.op.Sample.Input;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.TensorSpec;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * A range of one axis, as a copy.
 *
 * <pre>
 *   y[o,j,i] = x[o,from+j,i]      dx[o,a,i] = from ≤ a &lt; to ? dy[o,a-from,i] : 0
 * </pre>
 *
 * <p>x of any type, seen as [outer, A, inner] → y [outer, to - from, inner].
 */
record Slice(int axis, int from, int to) implements Op, Op.Differentiable {
  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    Require.count(this, in, 1);
    Require.axis(this, in, 0, axis);
    TensorSpec x = in.getFirst();
    Require.that(
        this,
        0 <= from && from <= to && to <= x.shape().size(axis),
        "range " + from + " .. " + to + " must lie within axis " + axis,
        in);
    return List.of(new TensorSpec(x.shape().with(axis, to - from), x.dtype()));
  }

  @Override
  public void reference(List<Values> in, List<Values> out) {
    Blocks x = Blocks.of(in.getFirst().shape(), axis);
    for (int o = 0; o < x.outer(); o++) {
      for (int j = 0; j < (to - from) * x.inner(); j++) {
        double value = in.getFirst().get((o * x.size() + from) * x.inner() + j);
        out.getFirst().set(o * (to - from) * x.inner() + j, value);
      }
    }
  }

  @Override
  public void cpu(List<Tensor> in, List<Tensor> out) {
    MemorySegment x = in.getFirst().segment();
    MemorySegment y = out.getFirst().segment();
    Blocks blocks = Blocks.of(in.getFirst().shape(), axis);
    long unit = (long) blocks.inner() * in.getFirst().dtype().bytes();
    long bytes = (to - from) * unit;
    Parallel.range(
        0,
        blocks.outer(),
        Blocks.grain(bytes),
        (first, end) -> {
          for (int o = first; o < end; o++) {
            MemorySegment.copy(x, ((long) o * blocks.size() + from) * unit, y, o * bytes, bytes);
          }
        });
  }

  @Override
  public List<Command> commands(List<Tensor> in, List<Tensor> out) {
    Blocks x = Blocks.of(in.getFirst().shape(), axis);
    int count = (to - from) * x.inner();
    return x.copy(
        in.getFirst(), x.size() * x.inner(), from * x.inner(), out.getFirst(), count, 0, count);
  }

  @Override
  public boolean rereadsOutput() {
    return false;
  }

  @Override
  public void vjp(Backprop b) {
    int size = b.in(0).shape().size(axis);
    b.write(0, (dx, add) -> Ops.into(new Backward(axis, from, size, add), dx, b.dy()));
  }

  static List<Sample> samples() {
    List<Sample> samples = new ArrayList<>();
    samples.add(Sample.of(new Slice(0, 1, 3), 1, Input.normal(3, 5)));
    samples.add(Sample.of(new Slice(1, 2, 5), 1, Input.normal(3, 5)));
    samples.add(Sample.of(new Slice(1, 3, 20), 1, Input.normal(7, 37, 3)));
    samples.add(Sample.of(new Slice(2, 16, 48), 1, Input.normal(2, 5, 48)));
    samples.add(Sample.of(new Slice(0, 0, 1), 1, Input.normal(1)));
    samples.add(Sample.of(new Slice(1, 2, 2), 1, Input.normal(3, 5)));
    samples.add(Sample.of(new Slice(1, 1, 2), 1, Input.normal(0, 5)));
    samples.add(Sample.of(new Slice(1, 1, 3), 1, Input.integers(-9, 9, 3, 5)));
    TensorSpec half = TensorSpec.of(DType.BF16, 3, 5);
    samples.add(Sample.of(new Slice(1, 1, 3), 1, new Input(half, new Sample.Fill.Normal(1))));
    TensorSpec wide = TensorSpec.of(DType.BF16, 7, 37, 3);
    samples.add(Sample.of(new Slice(1, 3, 20), 1, new Input(wide, new Sample.Fill.Normal(1))));
    return samples;
  }

  /**
   * {@code dx}, see {@link Slice}: dy [outer, to - from, inner] → dx [outer, A, inner].
   *
   * @param size A
   * @param accumulate whether to add to dx
   */
  record Backward(int axis, int from, int size, boolean accumulate)
      implements Op, Op.NonDifferentiable {
    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
      Require.count(this, in, 1);
      Require.sameFloat(this, in, 0);
      Require.axis(this, in, 0, axis);
      Shape dy = in.getFirst().shape();
      Require.that(
          this, 0 <= from && from + dy.size(axis) <= size, "dy must fit an axis of " + size, in);
      return List.of(new TensorSpec(dy.with(axis, size), in.getFirst().dtype()));
    }

    @Override
    public boolean updates() {
      return accumulate;
    }

    @Override
    public void reference(List<Values> in, List<Values> out) {
      Blocks dy = Blocks.of(in.getFirst().shape(), axis);
      for (int o = 0; o < dy.outer(); o++) {
        for (int j = 0; j < dy.size() * dy.inner(); j++) {
          double value = in.getFirst().get(o * dy.size() * dy.inner() + j);
          out.getFirst().add((o * size + from) * dy.inner() + j, value);
        }
      }
    }

    @Override
    public void cpu(List<Tensor> in, List<Tensor> out) {
      MemorySegment dy = in.getFirst().segment();
      MemorySegment dx = out.getFirst().segment();
      Blocks blocks = Blocks.of(in.getFirst().shape(), axis);
      int count = blocks.size() * blocks.inner();
      long whole = 4L * size * blocks.inner();
      long start = 4L * from * blocks.inner();
      Parallel.range(
          0,
          blocks.outer(),
          Blocks.grain(whole),
          (first, end) -> {
            for (int o = first; o < end; o++) {
              if (accumulate) {
                Accumulate.Fast.add(dy, 4L * o * count, dx, o * whole + start, 0, count);
              } else {
                dx.asSlice(o * whole, start).fill((byte) 0);
                MemorySegment.copy(dy, 4L * o * count, dx, o * whole + start, 4L * count);
                long after = start + 4L * count;
                dx.asSlice(o * whole + after, whole - after).fill((byte) 0);
              }
            }
          });
    }

    @Override
    public List<Command> commands(List<Tensor> in, List<Tensor> out) {
      Blocks dy = Blocks.of(in.getFirst().shape(), axis);
      int n = out.getFirst().shape().elementsExact();
      return Kernels.threads(
          "slice_backward_f32",
          n,
          in.getFirst(),
          out.getFirst(),
          n,
          dy.size() * dy.inner(),
          size * dy.inner(),
          from * dy.inner(),
          accumulate);
    }

    static List<Sample> samples() {
      List<Sample> samples = new ArrayList<>();
      for (boolean accumulate : new boolean[] {false, true}) {
        samples.add(Sample.of(new Backward(0, 1, 4, accumulate), 1, Input.normal(3, 5)));
        samples.add(Sample.of(new Backward(1, 2, 9, accumulate), 1, Input.normal(3, 5)));
        samples.add(Sample.of(new Backward(1, 3, 40, accumulate), 1, Input.normal(7, 37, 3)));
        samples.add(Sample.of(new Backward(0, 0, 1, accumulate), 1, Input.normal(1)));
        samples.add(Sample.of(new Backward(1, 2, 5, accumulate), 1, Input.normal(3, 0)));
        samples.add(Sample.of(new Backward(1, 0, 5, accumulate), 1, Input.normal(0, 5)));
      }
      return samples;
    }
  }
}
