package dev.gatun.op;

import dev.gatun.autograd.Gradients;
import dev.gatun.autograd.Step;
import dev.gatun.autograd.Tape;
import dev.gatun.core.DType;
import dev.gatun.core.Shape;
import dev.gatun.core.ShapeException;
import dev.gatun.cpu.Layout;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The operations as static functions: {@code add(x, attention(norm(x)))}. Results are allocated in
 * the current {@link Step} and recorded on its tape.
 */
public final class Ops {
  private Ops() {}

  /** {@code x + y}; y may have the trailing axes of x alone. */
  public static Tensor add(Tensor x, Tensor y) {
    return apply(new Binary(Binary.Kind.ADD), x, y);
  }

  /** {@code x·y} element by element; y may have the trailing axes of x alone. */
  public static Tensor mul(Tensor x, Tensor y) {
    return apply(new Binary(Binary.Kind.MUL), x, y);
  }

  /** {@code x·Wᵀ}: x [..., K], weight [N, K] → [..., N]. */
  public static Tensor linear(Tensor x, Tensor weight) {
    return product(MatMul.NT, x, weight);
  }

  /** {@code x·Wᵀ + b}: x [..., K], weight [N, K], bias [N] → [..., N]. */
  public static Tensor linear(Tensor x, Tensor weight, Tensor bias) {
    return product(MatMul.NT, x, weight, bias);
  }

  /** {@code a·b}: a [..., K], b [K, N] → [..., N]. */
  public static Tensor matmul(Tensor a, Tensor b) {
    return product(MatMul.NN, a, b);
  }

  /** {@code a·b + bias}: a [..., K], b [K, N], bias [N] → [..., N]. */
  public static Tensor matmul(Tensor a, Tensor b, Tensor bias) {
    return product(MatMul.NN, a, b, bias);
  }

  /** A product with weights, however they are stored, and perhaps a bias. */
  private static Tensor product(Layout layout, Tensor... in) {
    boolean bias = in.length == 3;
    return Quantization.isStored(in[1].dtype())
        ? apply(new QuantizedMatMul(layout, bias, false), in)
        : apply(new MatMul(layout, bias, false), in);
  }

  /**
   * Rows of a table: weight [V, C], ids I32 [...] → [..., C]; an id outside 0 .. V-1 is an error.
   */
  public static Tensor embedding(Tensor weight, Tensor ids) {
    return Quantization.isStored(weight.dtype())
        ? apply(new QuantizedEmbedding(), weight, ids)
        : apply(new Embedding(), weight, ids);
  }

  /** Layer norm over the last axis: x [..., C], weight [C], bias [C] → [..., C]. */
  public static Tensor layerNorm(Tensor x, Tensor weight, Tensor bias, float eps) {
    return apply(new LayerNorm(eps), x, weight, bias);
  }

  /** Root-mean-square norm over the last axis, see {@link RmsNorm}. */
  public static Tensor rmsNorm(Tensor x, Tensor weight, float eps, boolean onePlusWeight) {
    return apply(new RmsNorm(eps, onePlusWeight), x, weight);
  }

  /**
   * Rotary position embedding, see {@link Rotary}: x [B,T,H,D], cos and sin [P,R/2], positions I32
   * [B,T] → [B,T,H,D].
   */
  public static Tensor rotary(Tensor x, Tensor cos, Tensor sin, Tensor positions) {
    return apply(new Rotary(false, false), x, cos, sin, positions);
  }

  /**
   * The Gaussian error linear unit in its tanh form: {@code gelu_new}, {@code gelu_pytorch_tanh}.
   */
  public static Tensor gelu(Tensor x) {
    return apply(new Unary(Unary.Kind.GELU_TANH), x);
  }

  /** The Gaussian error linear unit in its exact form: {@code gelu}. */
  public static Tensor geluErf(Tensor x) {
    return apply(new Unary(Unary.Kind.GELU_ERF), x);
  }

  /** {@code x·σ(x)}. */
  public static Tensor silu(Tensor x) {
    return apply(new Unary(Unary.Kind.SILU), x);
  }

  /** {@code silu(gate)·up}, of one shape. */
  public static Tensor swiGlu(Tensor gate, Tensor up) {
    return apply(new Gated(Gated.Kind.SWIGLU), gate, up);
  }

  /** {@code gelu(gate)·up}, of one shape, with gelu in its tanh form. */
  public static Tensor geGlu(Tensor gate, Tensor up) {
    return apply(new Gated(Gated.Kind.GEGLU), gate, up);
  }

  /**
   * Zeros with probability p, and the others divided by 1 - p. The choices are those of {@link
   * dev.gatun.core.Philox} at (key, stream, index): each use of dropout has its own stream, each
   * micro-batch its own key.
   *
   * @param key I32 [2]: the lower half of a number of 64 bits, then the upper
   */
  public static Tensor dropout(Tensor x, Tensor key, float p, long stream) {
    return apply(new Dropout(p, stream), x, key);
  }

  /** The same numbers in another floating-point type; x itself if it has that type. */
  public static Tensor cast(Tensor x, DType to) {
    return x.dtype() == to ? x : apply(new Cast(to), x);
  }

  /** The elements {@code from <= i < to} of one axis; a negative axis counts from the end. */
  public static Tensor slice(Tensor x, int axis, int from, int to) {
    return apply(new Slice(axis(x, axis), from, to), x);
  }

  /** Tensors laid end to end along one axis; a negative axis counts from the end. */
  public static Tensor concat(int axis, Tensor... parts) {
    return apply(new Concat(axis(parts[0], axis)), parts);
  }

  /** Two axes exchanged; negative axes count from the end. */
  public static Tensor transpose(Tensor x, int axisA, int axisB) {
    int a = axis(x, axisA);
    int b = axis(x, axisB);
    return a == b ? x : apply(new Transpose(Math.min(a, b), Math.max(a, b)), x);
  }

  private static int axis(Tensor x, int axis) {
    return axis < 0 ? axis + x.shape().rank() : axis;
  }

  /** Softmax over the last axis. */
  public static Tensor softmax(Tensor x) {
    return apply(new Softmax(), x);
  }

  /**
   * {@code scale·Σ} of the cross-entropies of the rows whose label is not negative: logits [N, V],
   * labels I32 [N] → F32 [1]. The backward pass overwrites the logits if nothing else reads them.
   */
  public static Tensor crossEntropy(Tensor logits, Tensor labels, float scale) {
    return crossEntropy(logits, labels, scale, 0);
  }

  /** The same with smoothed labels: ε of each target is spread over the vocabulary. */
  public static Tensor crossEntropy(Tensor logits, Tensor labels, float scale, float smoothing) {
    return apply(new CrossEntropy(scale, smoothing), logits, labels);
  }

  /**
   * The place of the largest element of each row, the first of equal ones: [..., C] → I32 [rows].
   */
  public static Tensor argMax(Tensor x) {
    return apply(new ArgMax(), x);
  }

  /** {@code Σ x²} over all elements, written to a tensor of one element; needs no step. */
  public static void sumSquares(Tensor x, Tensor sum) {
    into(new SumSquares(), List.of(x), List.of(sum));
  }

  /**
   * One step of Adam with decoupled weight decay, in place on the parameter and its two moments;
   * needs no step of the tape. See {@link AdamW}.
   *
   * @param factors [8], see {@link #adamWFactors}
   */
  public static void adamW(Tensor parameter, Tensor gradient, Tensor m, Tensor v, Tensor factors) {
    into(new AdamW(), List.of(gradient, factors), List.of(parameter, m, v));
  }

  /**
   * What changes from step to step in {@link #adamW}.
   *
   * @param step counted from 1
   * @param gradScale what the gradient is multiplied with first
   */
  public static double[] adamWFactors(
      double lr,
      double beta1,
      double beta2,
      double eps,
      double weightDecay,
      int step,
      double gradScale) {
    return AdamW.factors(lr, beta1, beta2, eps, weightDecay, step, gradScale);
  }

  /**
   * Causal attention, see {@link Attention}: q [B,T,H,D], k and v [B,S,G,D] → [B,T,H,D].
   *
   * @param starts I32 [B,T]: the first key that each query may see, or null for the first of all
   * @param offset the number of keys before the first query's own
   * @param window how many keys a query sees at most, its own included; 0 for all
   * @param scale the factor of the scores
   * @param weights which of them are dropped, or null for none
   */
  public static Tensor attention(
      Tensor q,
      Tensor k,
      Tensor v,
      @Nullable Tensor starts,
      int offset,
      int window,
      float scale,
      @Nullable WeightDropout weights) {
    Attention op = new Attention(starts != null, offset, window, scale, WeightDropout.of(weights));
    return applyAll(op, WeightDropout.inputs(weights, starts, q, k, v)).getFirst();
  }

  /**
   * The same for queries, keys and values side by side, see {@link QkvAttention}: qkv [B,T,H+2G,D]
   * → [B,T,H,D].
   *
   * @param groups G, the heads of keys and of values
   * @param starts I32 [B,T]: the first key that each query may see, or null for the first of all
   * @param window how many keys a query sees at most, its own included; 0 for all
   * @param scale the factor of the scores
   * @param weights which of them are dropped, or null for none
   */
  public static Tensor attention(
      Tensor qkv,
      int groups,
      @Nullable Tensor starts,
      int window,
      float scale,
      @Nullable WeightDropout weights) {
    QkvAttention op =
        new QkvAttention(starts != null, groups, window, scale, WeightDropout.of(weights));
    return applyAll(op, WeightDropout.inputs(weights, starts, qkv)).getFirst();
  }

  /** A tape whose gradients are added by {@link Accumulate}. */
  public static Tape tape(Gradients gradients) {
    return new Tape(gradients, Ops::addInto);
  }

  /** All zero, in the current step. */
  static Tensor zeros(TensorSpec spec) {
    Tensor tensor = Step.allocate(spec);
    tensor.buffer().fill((byte) 0);
    return tensor;
  }

  /** Runs a new operation and returns its first output. */
  static Tensor apply(Op op, Tensor... in) {
    return applyAll(op, List.of(in)).getFirst();
  }

  /** Runs an operation: infers, allocates, computes, records. */
  public static List<Tensor> applyAll(Op op, List<Tensor> in) {
    if (op.updates()) {
      throw new IllegalArgumentException(
          "[" + op.name() + "] updates its outputs: run it with into(...)");
    }
    List<TensorSpec> specs = op.infer(Execution.specs(in));
    boolean record = Step.tape() != null && anyTracked(in);
    if (record && !(op instanceof Op.Differentiable)) {
      throw new IllegalArgumentException(
          "[%s] has no gradient, but an input wants one: %s".formatted(op.name(), in));
    }
    for (int i = 0; record && i < in.size(); i++) {
      if (in.get(i).isTracked() && op instanceof Op.Differentiable rule && !rule.flowsTo(i)) {
        throw new IllegalArgumentException(
            "[%s] takes input %d as a constant, but it wants a gradient: %s"
                .formatted(op.name(), i, in.get(i)));
      }
    }
    List<Tensor> out = new ArrayList<>(specs.size());
    for (TensorSpec spec : specs) {
      Tensor tensor = Step.allocate(spec);
      out.add(record && spec.dtype().isFloating() ? tensor.tracked() : tensor);
    }
    Execution.run(op, in, out);
    Tape tape = Step.tape();
    if (tape != null && record && op instanceof Op.Differentiable rule) {
      tape.record(op.name(), rule, rule.rereadsOutput(), in, out);
    }
    return out;
  }

  /** Runs an operation on outputs that exist; nothing is recorded. */
  public static void into(Op op, List<Tensor> in, List<Tensor> out) {
    List<TensorSpec> specs = op.infer(Execution.specs(in));
    List<TensorSpec> given = Execution.specs(out);
    if (!specs.equals(given)) {
      throw new ShapeException(
          "[%s] yields %s, but is to write %s".formatted(op.name(), specs, given));
    }
    Execution.run(op, in, out);
  }

  /** Runs an operation with one output on memory that exists, seen in the operation's own shape. */
  static void into(Op op, Tensor out, Tensor... in) {
    List<Tensor> inputs = List.of(in);
    Shape shape = op.infer(Execution.specs(inputs)).getFirst().shape();
    into(op, inputs, List.of(out.view(shape)));
  }

  private static void addInto(Tensor target, Tensor gradient, boolean accumulate) {
    if (accumulate) {
      into(new Accumulate(), target, gradient);
    } else {
      target.buffer().copyFrom(gradient.buffer(), target.spec().bytes());
    }
  }

  private static boolean anyTracked(List<Tensor> tensors) {
    for (Tensor tensor : tensors) {
      if (tensor.isTracked()) {
        return true;
      }
    }
    return false;
  }
}
