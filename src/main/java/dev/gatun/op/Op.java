package dev.gatun.op;

import dev.gatun.autograd.Vjp;
import dev.gatun.device.Command;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.TensorSpec;
import java.util.List;

/**
 * An operation on tensors: a record whose components are its attributes.
 *
 * <p>Each permitted class also has {@code static List<Sample> samples()}, the shapes, attributes
 * and values that it is tested with, and is either {@link Differentiable} or {@link
 * NonDifferentiable}.
 */
public sealed interface Op
    permits Accumulate,
        AdamW,
        ArgMax,
        Attention,
        Attention.Backward,
        Binary,
        Cast,
        Concat,
        CrossEntropy,
        CrossEntropy.Backward,
        Dropout,
        Embedding,
        Embedding.Backward,
        Gated,
        Gated.Backward,
        LayerNorm,
        LayerNorm.Backward,
        LayerNorm.BackwardWeight,
        MatMul,
        QkvAttention,
        QkvAttention.Backward,
        QuantizedEmbedding,
        QuantizedMatMul,
        RmsNorm,
        RmsNorm.Backward,
        RmsNorm.BackwardWeight,
        Rotary,
        Slice,
        Slice.Backward,
        Softmax,
        Softmax.Backward,
        SumRows,
        SumSquares,
        Transpose,
        Unary,
        Unary.Backward {

  /** An operation with a rule of differentiation. */
  interface Differentiable extends Vjp {
    /**
     * Whether the rule reads the first output. Where it does not, a reader of that output may
     * overwrite it with its gradient.
     */
    boolean rereadsOutput();

    /**
     * Whether a gradient flows to an input. Where it does not, because the input is a constant such
     * as a table, a tracked tensor there is an error.
     */
    default boolean flowsTo(int input) {
      return true;
    }

    /**
     * Whether the function is a staircase, such as rounding, and the rule by convention that of the
     * identity: a difference quotient says nothing about it.
     */
    default boolean isStraightThrough() {
      return false;
    }
  }

  /** An operation through which no gradient can flow: a tracked input is an error. */
  interface NonDifferentiable {}

  /** An operation that only the CPU computes: {@link #commands} refuses it and says what to do. */
  interface HostOnly {}

  /**
   * An operation made of smaller ones for speed, which states its composition as a further oracle.
   */
  interface Fused {
    /** The same outputs from smaller operations. */
    List<Tensor> compose(List<Tensor> in);
  }

  /** The name in messages, reports and kernel entries, for example {@code rms_norm_backward}. */
  default String name() {
    return Registry.name(getClass());
  }

  /**
   * The outputs for these inputs.
   *
   * @throws dev.gatun.core.ShapeException naming the operation, the rule and every shape
   */
  List<TensorSpec> infer(List<TensorSpec> in);

  /**
   * Whether the outputs are read as well as written: the operation adds to them or updates them in
   * place. Such an operation runs only through {@link Ops#into}.
   */
  default boolean updates() {
    return false;
  }

  /**
   * Whether the operation asks for finite inputs: a NaN may then spread further than the definition
   * says, but does not vanish, and what becomes of an infinity is not said.
   */
  default boolean asksForFiniteInputs() {
    return false;
  }

  /** The definition: plain loops in double. The oracle of every other path; never optimised. */
  void reference(List<Values> in, List<Values> out);

  /** The fast path on the CPU, for inputs and outputs that {@link #infer} has accepted. */
  void cpu(List<Tensor> in, List<Tensor> out);

  /**
   * The same on a device, as commands to run in order, for inputs and outputs in its memory that
   * {@link #infer} has accepted. None of them is F64.
   */
  List<Command> commands(List<Tensor> in, List<Tensor> out);
}
