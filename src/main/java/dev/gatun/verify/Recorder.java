package dev.gatun.verify;

import dev.gatun.op.Op;
import dev.gatun.op.Trace;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;

/** Writes down every operation of a computation with what it read and what came out. */
final class Recorder implements Trace {
  /**
   * One operation that ran.
   *
   * @param inputs what it read
   * @param before what its outputs held, where it updates them
   * @param outputs what came out
   */
  record Step(Op op, List<Case.Array> inputs, List<Case.Array> before, List<double[]> outputs) {
    /**
     * How often a value on its way through the operation is rounded, at most: the longest sum that
     * the shapes allow, and what surrounds it.
     */
    int roundings() {
      int longest = 1;
      for (Case.Array input : inputs) {
        for (int size : new int[] {input.spec().shape().rows(), input.spec().shape().columns()}) {
          longest = Math.max(longest, size);
        }
      }
      return longest + Tolerance.SURROUNDING_ROUNDINGS;
    }

    @Override
    public String toString() {
      return op + " " + inputs.stream().map(Case.Array::spec).toList();
    }
  }

  private final List<Step> steps = new ArrayList<>();
  private List<Case.Array> inputs = List.of();
  private List<Case.Array> before = List.of();

  List<Step> steps() {
    return steps;
  }

  /** The roundings of all operations together. */
  long roundings() {
    return steps.stream().mapToLong(Step::roundings).sum();
  }

  @Override
  public void before(Op op, List<Tensor> in, List<Tensor> out) {
    inputs = in.stream().map(Case.Array::of).toList();
    before = op.updates() ? out.stream().map(Case.Array::of).toList() : List.of();
  }

  @Override
  public void after(Op op, List<Tensor> in, List<Tensor> out) {
    steps.add(new Step(op, inputs, before, out.stream().map(Tensors::toDoubles).toList()));
  }
}
