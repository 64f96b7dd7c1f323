package dev.gatun.op;

import static dev.gatun.cpu.Simd.LANES;

import dev.gatun.autograd.Backprop;
import dev.gatun.core.DType;
import dev.gatun.core.Shape;
import dev.gatun.cpu.Parallel;
import dev.gatun.device.Command;
import dev.gatun.op.Sample.Input;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.TensorSpec;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Rows of a table, by number.
 *
 * <pre>
 *   y[i,c]  = w[ids[i],c]          dw[v,c] = Σ over i with ids[i] = v of dy[i,c]
 * </pre>
 *
 * <p>w [V,C], ids I32 [...] → y [..., C]. An id outside 0 .. V-1 is an error.
 */
record Embedding() implements Op, Op.Differentiable {
  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    Require.count(this, in, 2);
    DType dtype = Require.sameFloat(this, in, 0);
    Require.rank(this, in, 0, 2);
    Require.integers(this, in, 1);
    int[] ids = in.get(1).shape().toArray();
    int[] sizes = Arrays.copyOf(ids, ids.length + 1);
    sizes[ids.length] = in.getFirst().shape().columns();
    return List.of(new TensorSpec(Shape.of(sizes), dtype));
  }

  @Override
  public void reference(List<Values> in, List<Values> out) {
    Values w = in.get(0);
    Values ids = in.get(1);
    for (int i = 0; i < ids.size(); i++) {
      int id = Require.index(this, "id", i, ids.getInt(i), w.rows());
      for (int c = 0; c < w.columns(); c++) {
        out.getFirst().set(i, c, w.get(id, c));
      }
    }
  }

  @Override
  public void cpu(List<Tensor> in, List<Tensor> out) {
    MemorySegment w = in.get(0).segment();
    MemorySegment ids = in.get(1).segment();
    MemorySegment y = out.getFirst().segment();
    int vocabulary = in.get(0).shape().rows();
    long rowBytes = 4L * in.get(0).shape().columns();
    Parallel.range(
        0,
        in.get(1).shape().elementsExact(),
        Math.max(1, (int) (Fast.GRAIN / Math.max(4, rowBytes))),
        (from, to) -> {
          for (int i = from; i < to; i++) {
            int id = ids.getAtIndex(ValueLayout.JAVA_INT, i);
            Require.index(this, "id", i, id, vocabulary);
            MemorySegment.copy(w, id * rowBytes, y, i * rowBytes, rowBytes);
          }
        });
  }

  @Override
  public List<Command> commands(List<Tensor> in, List<Tensor> out) {
    return Kernels.blocks(
        "embedding_forward_f32",
        in.get(1).shape().elementsExact(),
        in.get(0),
        in.get(1),
        out.getFirst(),
        in.get(0).shape().rows(),
        in.get(0).shape().columns());
  }

  @Override
  public boolean rereadsOutput() {
    return false;
  }

  @Override
  public void vjp(Backprop b) {
    int vocabulary = b.in(0).shape().rows();
    b.write(0, (dw, add) -> Ops.into(new Backward(vocabulary, add), dw, b.in(1), b.dy()));
  }

  static List<Sample> samples() {
    return List.of(
        Sample.of(new Embedding(), 1, Input.normal(11, 5), Input.integers(0, 11, 2, 7)),
        Sample.of(new Embedding(), 1, Input.normal(1, 1), Input.integers(0, 1, 1)),
        Sample.of(new Embedding(), 1, Input.normal(3, 0), Input.integers(0, 3, 4)),
        Sample.of(new Embedding(), 1, Input.normal(3, 16), Input.integers(0, 3, 0)),
        Sample.of(new Embedding(), 1, Input.normal(7, 129), Input.integers(0, 7, 300)),
        Sample.of(new Embedding(), 1, Input.normal(7, 38), Input.integers(0, 7, 5)),
        Sample.of(new Embedding(), 1, Input.normal(2, 9616), Input.integers(0, 2, 3)),
        Sample.of(new Embedding(), 1, Input.normal(2, 2381), Input.integers(0, 2, 3)));
  }

  /**
   * {@code dw}, see {@link Embedding}: ids I32 [...], dy [..., C] → dw [V,C]. The rows of dy are
   * added in ascending order; threads share the columns.
   *
   * @param vocabulary V
   * @param accumulate whether to add to dw
   */
  record Backward(int vocabulary, boolean accumulate) implements Op, Op.NonDifferentiable {
    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
      Require.count(this, in, 2);
      Require.integers(this, in, 0);
      DType dtype = Require.sameFloat(this, in, 1);
      Require.rankAtLeast(this, in, 1, 1);
      Shape dy = in.get(1).shape();
      boolean rows = Arrays.equals(in.get(0).shape().toArray(), leading(dy));
      Require.that(this, rows, "dy must have one row for each id", in);
      return List.of(new TensorSpec(Shape.of(vocabulary, dy.columns()), dtype));
    }

    private static int[] leading(Shape shape) {
      return Arrays.copyOf(shape.toArray(), shape.rank() - 1);
    }

    @Override
    public boolean updates() {
      return accumulate;
    }

    @Override
    public void reference(List<Values> in, List<Values> out) {
      Values ids = in.get(0);
      Values dy = in.get(1);
      for (int i = 0; i < ids.size(); i++) {
        int id = Require.index(this, "id", i, ids.getInt(i), vocabulary);
        for (int c = 0; c < dy.columns(); c++) {
          out.getFirst().add(id, c, dy.get(i, c));
        }
      }
    }

    @Override
    public void cpu(List<Tensor> in, List<Tensor> out) {
      MemorySegment ids = in.get(0).segment();
      MemorySegment dy = in.get(1).segment();
      MemorySegment dw = out.getFirst().segment();
      int count = in.get(0).shape().elementsExact();
      int columns = in.get(1).shape().columns();
      for (int i = 0; i < count; i++) {
        Require.index(this, "id", i, ids.getAtIndex(ValueLayout.JAVA_INT, i), vocabulary);
      }
      if (!accumulate) {
        Fast.clear(dw.asSlice(0, out.getFirst().spec().bytes()));
      }
      Parallel.range(
          0,
          Math.ceilDiv(columns, LANES),
          Math.max(1, Fast.GRAIN / Math.max(1, count * LANES)),
          (from, to) -> {
            int end = Math.min(columns, to * LANES);
            for (int i = 0; i < count; i++) {
              long row = 4L * columns * ids.getAtIndex(ValueLayout.JAVA_INT, i);
              Accumulate.Fast.add(dy, 4L * columns * i, dw, row, from * LANES, end);
            }
          });
    }

    @Override
    public List<Command> commands(List<Tensor> in, List<Tensor> out) {
      int count = in.get(0).shape().elementsExact();
      Tensor dw = out.getFirst();
      List<Command> commands = new ArrayList<>();
      if (!accumulate) {
        commands.add(new Command.Fill(dw.buffer(), 0, dw.spec().bytes(), 0));
      }
      commands.addAll(
          Kernels.blocks(
              "embedding_backward_f32",
              count,
              in.get(0),
              in.get(1),
              dw,
              count,
              vocabulary,
              in.get(1).shape().columns()));
      return commands;
    }

    static List<Sample> samples() {
      return List.of(
          Sample.of(
              new Backward(11, false), 14, Input.integers(0, 11, 2, 7), Input.normal(2, 7, 5)),
          Sample.of(new Backward(3, true), 60, Input.integers(0, 3, 60), Input.normal(60, 37)),
          Sample.of(new Backward(1, false), 1, Input.integers(0, 1, 1), Input.normal(1, 1)),
          // Fewer rows than the table has, and all beyond their number.
          Sample.of(new Backward(50, false), 5, Input.integers(5, 50, 5), Input.normal(5, 3)),
          Sample.of(new Backward(3, false), 1, Input.integers(0, 3, 0), Input.normal(0, 16)),
          Sample.of(new Backward(3, true), 1, Input.integers(0, 3, 5), Input.normal(5, 0)),
          Sample.of(new Backward(7, false), 300, Input.integers(0, 7, 300), Input.normal(300, 129)),
          Sample.of(new Backward(2, true), 5, Input.integers(0, 2, 5), Input.normal(5, 2052)),
          Sample.of(new Backward(2, true), 5, Input.integers(0, 2, 5), Input.normal(5, 515)),
          Sample.of(new Backward(2, true), 5, Input.integers(0, 2, 5), Input.normal(5, 38)),
          Sample.of(
              new Backward(900, false), 9, Input.integers(0, 900, 2381), Input.normal(2381, 4)));
    }
  }

  private static final class Fast {
    /** Bytes to copy, or elements to add, that are worth another thread. */
    static final int GRAIN = 1 << 14;

    private static final long CLEAR = 1L << 20;

    private Fast() {}

    /** Zeros, by all threads: the table is much larger than what one step adds to it. */
    static void clear(MemorySegment w) {
      long bytes = w.byteSize();
      Parallel.run(
          Math.toIntExact(Math.ceilDiv(bytes, CLEAR)),
          piece -> {
            long start = piece * CLEAR;
            w.asSlice(start, Math.min(CLEAR, bytes - start)).fill((byte) 0);
          });
    }
  }
}
