package dev.gatun.op;

import dev.gatun.core.Shape;
import dev.gatun.cpu.Parallel;
import dev.gatun.cpu.Reductions;
import dev.gatun.device.Command;
import dev.gatun.op.Sample.Input;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.TensorSpec;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * The sum of all squares: what the norm of a gradient is made of.
 *
 * <pre>
 *   y = Σ_i x[i]²
 * </pre>
 *
 * <p>x of any shape → y [1]. Blocks of {@value Fast#BLOCK} elements are summed in F32, all else is
 * added in double and in ascending order, so the relative error does not grow with the size of a
 * model. The output is rounded to F32.
 */
record SumSquares() implements Op, Op.NonDifferentiable {
  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    Require.count(this, in, 1);
    return List.of(new TensorSpec(Shape.of(1), Require.sameFloat(this, in, 0)));
  }

  @Override
  public void reference(List<Values> in, List<Values> out) {
    double sum = 0;
    for (int i = 0; i < in.getFirst().size(); i++) {
      sum += in.getFirst().get(i) * in.getFirst().get(i);
    }
    out.getFirst().set(0, sum);
  }

  @Override
  public void cpu(List<Tensor> in, List<Tensor> out) {
    double sum = Fast.sum(in.getFirst().segment(), in.getFirst().shape().elementsExact());
    out.getFirst().segment().setAtIndex(ValueLayout.JAVA_FLOAT, 0, (float) sum);
  }

  @Override
  public List<Command> commands(List<Tensor> in, List<Tensor> out) {
    int n = in.getFirst().shape().elementsExact();
    int chunk = Math.ceilDiv(Math.max(Fast.BLOCK, n / 1024), 4) * 4;
    int blocks = Math.ceilDiv(n, chunk);
    Command.Argument partial = new Command.Argument.Scratch(4L * Math.max(1, blocks));
    List<Command> commands = new ArrayList<>();
    commands.addAll(
        Kernels.blocks("sum_squares_blocks_f32", blocks, in.getFirst(), partial, n, chunk));
    commands.addAll(Kernels.blocks("sum_squares_total_f32", 1, partial, out.getFirst(), blocks));
    return commands;
  }

  static List<Sample> samples() {
    return List.of(
        Sample.of(new SumSquares(), 15, Input.normal(3, 5)),
        Sample.of(new SumSquares(), 1, Input.normal(1)),
        Sample.of(new SumSquares(), 1, Input.normal(0, 4)),
        Sample.of(new SumSquares(), 256, Input.normal(4096)),
        Sample.of(new SumSquares(), 256, Input.normal(331, 97)),
        Sample.of(new SumSquares(), 256, Input.normal(4096 * 290 + 3)),
        Sample.of(new SumSquares(), 256, Input.uniform(-1e15, 1e15, 131, 67)));
  }

  static final class Fast {
    /** Elements that are summed in F32. */
    static final int BLOCK = 4096;

    /** Blocks in one piece of work, whose sum is kept until all are added in order. */
    private static final int PIECES = 64;

    private Fast() {}

    static double sum(MemorySegment x, int count) {
      int blocks = Math.ceilDiv(count, BLOCK);
      int blocksPerPiece = Math.ceilDiv(blocks, PIECES);
      double[] pieces = new double[PIECES];
      Parallel.run(
          PIECES,
          piece -> {
            int end = Math.min(blocks, (piece + 1) * blocksPerPiece);
            for (int block = piece * blocksPerPiece; block < end; block++) {
              int length = Math.min(BLOCK, count - block * BLOCK);
              pieces[piece] += Reductions.sumSquares(x, 4L * block * BLOCK, length);
            }
          });
      double sum = 0;
      for (double piece : pieces) {
        sum += piece;
      }
      return sum;
    }
  }
}
