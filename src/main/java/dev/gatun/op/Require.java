package dev.gatun.op;

import dev.gatun.core.DType;
import dev.gatun.core.DataException;
import dev.gatun.core.ShapeException;
import dev.gatun.tensor.TensorSpec;
import java.util.List;

/** The checks of {@link Op#infer}; each message names the operation, the rule and every shape. */
final class Require {
  private Require() {}

  /** The number of inputs. */
  static void count(Op op, List<TensorSpec> in, int count) {
    that(op, in.size() == count, "takes " + count + " inputs", in);
  }

  /** A rule that holds for the inputs, stated as a sentence without subject. */
  static void that(Op op, boolean holds, String rule, List<TensorSpec> in) {
    if (!holds) {
      throw new ShapeException("[%s] %s; given %s".formatted(op.name(), rule, in));
    }
  }

  /** The same; the sentence is formatted only where it is needed, for checks run at every step. */
  private static void that(
      Op op, boolean holds, List<TensorSpec> in, String rule, int first, int second) {
    if (!holds) {
      that(op, false, rule.formatted(first, second), in);
    }
  }

  /** One floating-point type, F32 or F64, for all these inputs; returns it. */
  static DType sameFloat(Op op, List<TensorSpec> in, int... indices) {
    DType dtype = in.get(indices[0]).dtype();
    boolean same = dtype == DType.F32 || dtype == DType.F64;
    for (int index : indices) {
      same &= in.get(index).dtype() == dtype;
    }
    that(op, same, "computes in F32 or F64, the same for all operands", in);
    return dtype;
  }

  /** An I32 input. */
  static void integers(Op op, List<TensorSpec> in, int index) {
    that(op, in.get(index).dtype() == DType.I32, "input " + index + " must be I32", in);
  }

  /** Two inputs of the same shape. */
  static void sameShape(Op op, List<TensorSpec> in, int first, int second) {
    that(
        op,
        in.get(first).shape().equals(in.get(second).shape()),
        "inputs " + first + " and " + second + " must have the same shape",
        in);
  }

  /** A vector as long as the rows of another input. */
  static void vectorOfColumns(Op op, List<TensorSpec> in, int vector, int of) {
    that(
        op,
        in.get(vector).shape().rank() == 1
            && in.get(of).shape().rank() >= 1
            && in.get(vector).shape().size(0) == in.get(of).shape().columns(),
        in,
        "input %d must be [C], C being the last size of input %d",
        vector,
        of);
  }

  /** A vector with one element for each row of another input. */
  static void vectorOfRows(Op op, List<TensorSpec> in, int vector, int of) {
    that(
        op,
        in.get(vector).shape().rank() == 1
            && in.get(vector).shape().size(0) == in.get(of).shape().rows(),
        in,
        "input %d must have one element for each row of input %d",
        vector,
        of);
  }

  /** This axis. */
  static void axis(Op op, List<TensorSpec> in, int index, int axis) {
    that(
        op,
        0 <= axis && axis < in.get(index).shape().rank(),
        in,
        "input %d must have an axis %d",
        index,
        axis);
  }

  /** At least so many axes. */
  static void rankAtLeast(Op op, List<TensorSpec> in, int index, int rank) {
    that(
        op,
        in.get(index).shape().rank() >= rank,
        in,
        "input %d must have at least %d axes",
        index,
        rank);
  }

  /** An exact rank. */
  static void rank(Op op, List<TensorSpec> in, int index, int rank) {
    that(op, in.get(index).shape().rank() == rank, in, "input %d must have %d axes", index, rank);
  }

  /**
   * A number that selects one of {@code bound} things; returns it.
   *
   * @throws DataException naming the operation, the number, its place and the bound
   */
  static int index(Op op, String what, int position, int index, int bound) {
    if (index < 0 || index >= bound) {
      throw new DataException(
          ("[%s] %s %d at position %d is not within 0 .. %d:"
                  + " do the tokenizer and the model belong together?")
              .formatted(op.name(), what, index, position, bound - 1));
    }
    return index;
  }
}
