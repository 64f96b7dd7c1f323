package dev.gatun.op;

import static dev.gatun.cpu.Simd.LENGTH;
import static dev.gatun.cpu.Simd.load;
import static dev.gatun.cpu.Simd.loadBelow;
import static dev.gatun.cpu.Simd.store;
import static dev.gatun.cpu.Simd.storeBelow;

import dev.gatun.cpu.Parallel;
import dev.gatun.device.Command;
import dev.gatun.op.Sample.Input;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.TensorSpec;
import java.lang.foreign.MemorySegment;
import java.util.List;
import jdk.incubator.vector.FloatVector;

/** {@code y += x}: how two gradients of one tensor are added. Shapes are equal. */
record Accumulate() implements Op, Op.NonDifferentiable {
  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    Require.count(this, in, 1);
    Require.sameFloat(this, in, 0);
    return List.of(in.getFirst());
  }

  @Override
  public boolean updates() {
    return true;
  }

  @Override
  public void reference(List<Values> in, List<Values> out) {
    for (int i = 0; i < in.getFirst().size(); i++) {
      out.getFirst().add(i, in.getFirst().get(i));
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
        (from, to) -> Fast.add(x, 0, y, 0, from, to));
  }

  @Override
  public List<Command> commands(List<Tensor> in, List<Tensor> out) {
    int n = in.getFirst().shape().elementsExact();
    return Kernels.elements("accumulate_f32", n, in.getFirst(), out.getFirst(), n);
  }

  static List<Sample> samples() {
    return List.of(
        Sample.of(new Accumulate(), 2, Input.normal(3, 5)),
        Sample.of(new Accumulate(), 2, Input.normal(1)),
        Sample.of(new Accumulate(), 2, Input.normal(4, 5)),
        Sample.of(new Accumulate(), 2, Input.normal(0, 4)),
        Sample.of(new Accumulate(), 2, Input.normal(257, 129)));
  }

  static final class Fast {
    static final int GRAIN = 1 << 14;

    private Fast() {}

    /** {@code y[i] += x[i]} for {@code from <= i < to}; offsets in bytes. */
    static void add(
        MemorySegment x, long xOffset, MemorySegment y, long yOffset, int from, int to) {
      int i = from;
      for (; i <= to - LENGTH; i += LENGTH) {
        store(load(y, yOffset, i).add(load(x, xOffset, i)), y, yOffset, i);
      }
      if (i < to) {
        FloatVector sum = loadBelow(y, yOffset, i, to).add(loadBelow(x, xOffset, i, to));
        storeBelow(sum, y, yOffset, i, to);
      }
    }
  }
}
