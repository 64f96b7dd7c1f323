package dev.gatun.op;

import static dev.gatun.cpu.Simd.LENGTH;
import static dev.gatun.cpu.Simd.SPECIES;
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
import java.util.List;
import jdk.incubator.vector.FloatVector;

/**
 * The sum over rows, which is the gradient of a bias.
 *
 * <pre>
 *   y[c] = Σ_r x[r,c]      dx[r,c] = dy[c]
 * </pre>
 *
 * <p>x [..., C] → y [C]. Rows are added in ascending order within blocks of {@value #BLOCK}, and
 * the blocks in ascending order: fewer roundings than one chain, and the same bits for any split of
 * the columns.
 *
 * @param accumulate whether to add to y
 */
record SumRows(boolean accumulate) implements Op, Op.Differentiable {
  static final int BLOCK = 64;

  /** Columns of a piece of work: whole lines of the cache, four vectors of 512 bits. */
  static final int STRIP = 64;

  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    Require.count(this, in, 1);
    Require.rankAtLeast(this, in, 0, 1);
    return List.of(
        new TensorSpec(Shape.of(in.getFirst().shape().columns()), Require.sameFloat(this, in, 0)));
  }

  @Override
  public boolean updates() {
    return accumulate;
  }

  @Override
  public void reference(List<Values> in, List<Values> out) {
    Values x = in.getFirst();
    for (int r = 0; r < x.rows(); r++) {
      for (int c = 0; c < x.columns(); c++) {
        out.getFirst().add(c, x.get(r, c));
      }
    }
  }

  @Override
  public void cpu(List<Tensor> in, List<Tensor> out) {
    MemorySegment x = in.getFirst().segment();
    MemorySegment y = out.getFirst().segment();
    int rows = in.getFirst().shape().rows();
    int columns = in.getFirst().shape().columns();
    Parallel.range(
        0,
        Math.ceilDiv(columns, STRIP),
        Math.max(1, Fast.GRAIN / Math.max(1, rows * STRIP)),
        (from, to) -> {
          int column = from * STRIP;
          int end = Math.min(columns, to * STRIP);
          for (; column <= end - 4 * LENGTH; column += 4 * LENGTH) {
            Fast.four(x, rows, columns, column, y, accumulate);
          }
          for (; column < end; column += LENGTH) {
            Fast.strip(x, rows, columns, column, y, accumulate);
          }
        });
  }

  @Override
  public List<Command> commands(List<Tensor> in, List<Tensor> out) {
    Shape x = in.getFirst().shape();
    return Kernels.sumRows(
        "sum_rows_f32", x.rows(), x.columns(), out.getFirst(), accumulate, in.getFirst());
  }

  @Override
  public boolean rereadsOutput() {
    return false;
  }

  @Override
  public void vjp(Backprop b) {
    b.add(0, Ops.add(Ops.zeros(b.in(0).spec()), b.dy()));
  }

  static List<Sample> samples() {
    return List.of(
        Sample.of(new SumRows(false), 3, Input.normal(3, 5)),
        Sample.of(new SumRows(false), 200, Input.normal(2, 100, 37)),
        Sample.of(new SumRows(true), 131, Input.normal(131, 70)),
        Sample.of(new SumRows(true), 1100, Input.normal(1100, 33)),
        // Rows enough for 31 rounds of four in each chunk of 1,000.
        Sample.of(new SumRows(false), 64_000, Input.normal(64_000, 1)),
        Sample.of(new SumRows(false), 1, Input.normal(1, 16)),
        Sample.of(new SumRows(false), 1, Input.normal(0, 7)),
        Sample.of(new SumRows(true), 1, Input.normal(4, 0)));
  }

  static final class Fast {
    private static final int GRAIN = 1 << 14;

    private Fast() {}

    /** The columns {@code column .. column + 4 LENGTH - 1}, which all exist. */
    static void four(
        MemorySegment x, int rows, int columns, int column, MemorySegment y, boolean accumulate) {
      FloatVector t0 = accumulate ? load(y, 0, column) : FloatVector.zero(SPECIES);
      FloatVector t1 = accumulate ? load(y, 0, column + LENGTH) : t0;
      FloatVector t2 = accumulate ? load(y, 0, column + 2 * LENGTH) : t0;
      FloatVector t3 = accumulate ? load(y, 0, column + 3 * LENGTH) : t0;
      for (int start = 0; start < rows; start += BLOCK) {
        int end = Math.min(rows, start + BLOCK);
        FloatVector b0 = FloatVector.zero(SPECIES);
        FloatVector b1 = b0;
        FloatVector b2 = b0;
        FloatVector b3 = b0;
        for (int r = start; r < end; r++) {
          long at = 4L * ((long) r * columns + column);
          b0 = b0.add(load(x, at, 0));
          b1 = b1.add(load(x, at, LENGTH));
          b2 = b2.add(load(x, at, 2 * LENGTH));
          b3 = b3.add(load(x, at, 3 * LENGTH));
        }
        t0 = t0.add(b0);
        t1 = t1.add(b1);
        t2 = t2.add(b2);
        t3 = t3.add(b3);
      }
      store(t0, y, 0, column);
      store(t1, y, 0, column + LENGTH);
      store(t2, y, 0, column + 2 * LENGTH);
      store(t3, y, 0, column + 3 * LENGTH);
    }

    /** The columns {@code column .. column + LENGTH - 1}, those that exist. */
    static void strip(
        MemorySegment x, int rows, int columns, int column, MemorySegment y, boolean accumulate) {
      FloatVector total = accumulate ? loadBelow(y, 0, column, columns) : FloatVector.zero(SPECIES);
      boolean whole = column + LENGTH <= columns;
      for (int start = 0; start < rows; start += BLOCK) {
        int end = Math.min(rows, start + BLOCK);
        total =
            total.add(
                whole
                    ? block(x, start, end, columns, column)
                    : ragged(x, start, end, columns, column));
      }
      storeBelow(total, y, 0, column, columns);
    }

    private static FloatVector block(MemorySegment x, int start, int end, int columns, int column) {
      FloatVector sum = FloatVector.zero(SPECIES);
      for (int r = start; r < end; r++) {
        sum = sum.add(load(x, 4L * r * columns, column));
      }
      return sum;
    }

    private static FloatVector ragged(
        MemorySegment x, int start, int end, int columns, int column) {
      FloatVector sum = FloatVector.zero(SPECIES);
      for (int r = start; r < end; r++) {
        sum = sum.add(loadBelow(x, 4L * r * columns, column, columns));
      }
      return sum;
    }
  }
}
