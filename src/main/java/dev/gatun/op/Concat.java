package dev.gatun.op;

import dev.gatun.autograd.Backprop;
import dev.gatun.core.DType;
import dev.gatun.cpu.Parallel;
import dev.gatun.device.Command;
import dev.gatun.op.Sample.Input;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.TensorSpec;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Tensors laid end to end along one axis.
 *
 * <pre>
 *   y[o,start_k+j,i] = x_k[o,j,i]      dx_k = dy between start_k and start_k + A_k
 * </pre>
 *
 * <p>x_k of any type, the same for all, seen as [outer, A_k, inner] → y [outer, Σ A_k, inner].
 */
record Concat(int axis) implements Op, Op.Differentiable {
  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    Require.that(this, !in.isEmpty(), "takes at least one input", in);
    Require.axis(this, in, 0, axis);
    TensorSpec first = in.getFirst();
    int total = 0;
    for (TensorSpec x : in) {
      boolean fits =
          x.dtype() == first.dtype()
              && x.shape().rank() == first.shape().rank()
              && x.shape().with(axis, 0).equals(first.shape().with(axis, 0));
      Require.that(this, fits, "inputs may differ in axis " + axis + " alone", in);
      total = Math.addExact(total, x.shape().size(axis));
    }
    return List.of(new TensorSpec(first.shape().with(axis, total), first.dtype()));
  }

  @Override
  public void reference(List<Values> in, List<Values> out) {
    Blocks y = Blocks.of(out.getFirst().shape(), axis);
    int start = 0;
    for (Values x : in) {
      int count = x.shape().size(axis) * y.inner();
      for (int o = 0; o < y.outer(); o++) {
        for (int j = 0; j < count; j++) {
          out.getFirst().set(o * y.size() * y.inner() + start + j, x.get(o * count + j));
        }
      }
      start += count;
    }
  }

  @Override
  public void cpu(List<Tensor> in, List<Tensor> out) {
    MemorySegment y = out.getFirst().segment();
    Blocks blocks = Blocks.of(out.getFirst().shape(), axis);
    long unit = (long) blocks.inner() * out.getFirst().dtype().bytes();
    long row = blocks.size() * unit;
    long start = 0;
    for (Tensor tensor : in) {
      MemorySegment x = tensor.segment();
      long bytes = tensor.shape().size(axis) * unit;
      long place = start;
      Parallel.range(
          0,
          blocks.outer(),
          Blocks.grain(bytes),
          (first, end) -> {
            for (int o = first; o < end; o++) {
              MemorySegment.copy(x, o * bytes, y, o * row + place, bytes);
            }
          });
      start += bytes;
    }
  }

  @Override
  public List<Command> commands(List<Tensor> in, List<Tensor> out) {
    Blocks y = Blocks.of(out.getFirst().shape(), axis);
    List<Command> commands = new ArrayList<>();
    int start = 0;
    for (Tensor x : in) {
      int count = x.shape().size(axis) * y.inner();
      commands.addAll(y.copy(x, count, 0, out.getFirst(), y.size() * y.inner(), start, count));
      start += count;
    }
    return commands;
  }

  @Override
  public boolean rereadsOutput() {
    return false;
  }

  @Override
  public void vjp(Backprop b) {
    int start = 0;
    for (int i = 0; start < b.out(0).shape().size(axis); i++) {
      int end = start + b.in(i).shape().size(axis);
      if (b.needs(i)) {
        b.add(i, Ops.slice(b.dy(), axis, start, end));
      }
      start = end;
    }
  }

  static List<Sample> samples() {
    Sample.Fill fill = new Sample.Fill.Normal(1);
    return List.of(
        Sample.of(new Concat(0), 1, Input.normal(3, 5), Input.normal(2, 5)),
        Sample.of(new Concat(1), 1, Input.normal(3, 5), Input.normal(3, 0), Input.normal(3, 7)),
        Sample.of(new Concat(1), 1, Input.normal(2, 16, 3), Input.normal(2, 1, 3)),
        Sample.of(new Concat(0), 1, Input.normal(1)),
        Sample.of(new Concat(1), 1, Input.normal(0, 4), Input.normal(0, 2)),
        Sample.of(new Concat(1), 1, Input.normal(67, 129), Input.normal(67, 31)),
        Sample.of(new Concat(0), 1, Input.integers(-9, 9, 3), Input.integers(-9, 9, 4)),
        Sample.of(
            new Concat(1),
            1,
            new Input(TensorSpec.of(DType.BF16, 3, 5), fill),
            new Input(TensorSpec.of(DType.BF16, 3, 2), fill)));
  }
}
