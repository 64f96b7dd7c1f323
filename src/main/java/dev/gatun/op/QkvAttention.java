package dev.gatun.op;

import dev.gatun.autograd.Backprop;
import dev.gatun.core.DType;
import dev.gatun.core.Shape;
import dev.gatun.device.Command;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.TensorSpec;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@link Attention} whose queries, keys and values lie side by side in one tensor, where a single
 * projection wrote them, and so do their gradients: nothing is copied apart or together.
 *
 * <pre>
 *   q = qkv[:,:,:H]     k = qkv[:,:,H:H+G]     v = qkv[:,:,H+G:]
 *   y, lse = attention(q, k, v)                dqkv = [dq, dk, dv]
 * </pre>
 *
 * <p>qkv [B,T,H+2G,D], starts I32 [B,T] → y [B,T,H,D], lse [B,H,T]; H is a multiple of G. The
 * offset of {@link Attention} is 0, since there is a query for each key: a cache keeps keys and
 * values apart. On the CPU the results are the bits of {@link Attention} on copies of the parts.
 *
 * @param starts whether there is a second input, the first key that each query may see
 * @param groups G
 * @param window how many keys a query sees at most, its own included; 0 for all
 * @param scale usually 1/√D
 * @param dropout of the weights; unless p is 0 there is a last input, its key I32 [2]
 */
record QkvAttention(boolean starts, int groups, int window, float scale, Dropout dropout)
    implements Op, Op.Differentiable, Op.Fused {
  QkvAttention {
    if (groups < 1 || window < 0) {
      throw new IllegalArgumentException(
          "[qkv_attention] groups must be positive and window not negative: "
              + groups
              + ", "
              + window);
    }
  }

  /** Without dropout. */
  QkvAttention(boolean starts, int groups, int window, float scale) {
    this(starts, groups, window, scale, Dropout.NONE);
  }

  /** The operation on the three parts. */
  Attention attention() {
    return new Attention(starts, 0, window, scale, dropout);
  }

  /** The number of inputs, of which starts and the key of the dropout are the last. */
  private int inputs() {
    return attention().inputs() - 2;
  }

  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    Require.count(this, in, inputs());
    TensorSpec lse = statistics(this, in);
    Shape qkv = in.getFirst().shape();
    return List.of(new TensorSpec(qkv.with(2, lse.shape().size(1)), lse.dtype()), lse);
  }

  /** Checks qkv and starts; the shape of lse. */
  private static TensorSpec statistics(Op op, List<TensorSpec> in) {
    QkvAttention attention = op instanceof Backward backward ? backward.of() : (QkvAttention) op;
    DType dtype = Require.sameFloat(op, in, 0);
    Require.rank(op, in, 0, 4);
    Shape qkv = in.getFirst().shape();
    int heads = qkv.size(2) - 2 * attention.groups;
    Require.that(
        op,
        heads > 0 && heads % attention.groups == 0,
        "rows must hold H + 2·G heads, H being a multiple of G = " + attention.groups,
        in);
    if (attention.starts) {
      Require.integers(op, in, 1);
      Require.that(
          op,
          in.get(1).shape().equals(Shape.of(qkv.size(0), qkv.size(1))),
          "starts must be [B,T]",
          in);
    }
    attention.attention().requireKey(op, in, attention.inputs() - 1);
    return new TensorSpec(Shape.of(qkv.size(0), heads, qkv.size(1)), dtype);
  }

  @Override
  public boolean asksForFiniteInputs() {
    return true; // as Attention does
  }

  @Override
  public void reference(List<Values> in, List<Values> out) {
    List<Values> parts = split(in.getFirst());
    parts.addAll(in.subList(1, in.size()));
    attention().reference(parts, out);
  }

  /** Queries, keys and values as tensors of their own. */
  private List<Values> split(Values qkv) {
    List<Values> parts = new ArrayList<>();
    int from = 0;
    for (int heads : new int[] {qkv.shape().size(2) - 2 * groups, groups, groups}) {
      Values part = Values.zeros(new TensorSpec(qkv.shape().with(2, heads), DType.F64));
      copy(qkv, from, part, 0, heads);
      parts.add(part);
      from += heads;
    }
    return parts;
  }

  /** Copies heads of each token. */
  private static void copy(
      Values source, int sourceHead, Values target, int targetHead, int heads) {
    int tokens = source.shape().size(0) * source.shape().size(1);
    for (int token = 0; token < tokens; token++) {
      for (int h = 0; h < heads; h++) {
        int from = token * source.shape().size(2) + sourceHead + h;
        int to = token * target.shape().size(2) + targetHead + h;
        for (int d = 0; d < source.columns(); d++) {
          target.set(to, d, source.get(from, d));
        }
      }
    }
  }

  @Override
  public void cpu(List<Tensor> in, List<Tensor> out) {
    AttentionSizes sizes = AttentionSizes.ofRows(in.getFirst().shape(), groups);
    MemorySegment qkv = in.getFirst().segment();
    attention()
        .attend(
            sizes,
            qkv,
            from(qkv, sizes.heads(), sizes),
            from(qkv, sizes.heads() + groups, sizes),
            starts ? in.get(1).segment() : null,
            attention().drawing(sizes, in, inputs() - 1),
            out.get(0).segment(),
            out.get(1).segment());
  }

  /** The memory from a head of the first row on. */
  private static MemorySegment from(MemorySegment qkv, int head, AttentionSizes sizes) {
    return qkv.byteSize() == 0 ? qkv : qkv.asSlice((long) Float.BYTES * head * sizes.headDim());
  }

  @Override
  public List<Tensor> compose(List<Tensor> in) {
    Tensor qkv = in.getFirst();
    int all = qkv.shape().size(2);
    List<Tensor> parts = new ArrayList<>();
    parts.add(Ops.slice(qkv, 2, 0, all - 2 * groups));
    parts.add(Ops.slice(qkv, 2, all - 2 * groups, all - groups));
    parts.add(Ops.slice(qkv, 2, all - groups, all));
    parts.addAll(in.subList(1, in.size()));
    return Ops.applyAll(attention(), parts);
  }

  @Override
  public List<Command> commands(List<Tensor> in, List<Tensor> out) {
    return new QkvAttentionKernels(this, in.getFirst().shape()).forward(in, out);
  }

  @Override
  public boolean rereadsOutput() {
    return true;
  }

  @Override
  public void vjp(Backprop b) {
    List<Tensor> in = new ArrayList<>();
    for (int i = 0; i < inputs(); i++) {
      in.add(b.in(i));
    }
    in.addAll(List.of(b.out(0), b.out(1), b.dy()));
    b.add(0, Ops.applyAll(new Backward(this), in).getFirst());
  }

  static List<Sample> samples() {
    return AttentionSamples.forwardOfRows();
  }

  /**
   * {@code dqkv}, see {@link QkvAttention}: qkv [B,T,H+2G,D], (starts, key,) y [B,T,H,D], lse
   * [B,H,T], dy [B,T,H,D] → dqkv [B,T,H+2G,D].
   *
   * @param of the operation
   */
  record Backward(QkvAttention of) implements Op, Op.NonDifferentiable {
    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
      int y = firstResult();
      Require.count(this, in, y + 3);
      TensorSpec lse = statistics(this, in);
      Require.sameFloat(this, in, 0, y, y + 1, y + 2);
      Shape heads = in.getFirst().shape().with(2, lse.shape().size(1));
      Require.that(this, in.get(y).shape().equals(heads), "y must be [B,T,H,D]", in);
      Require.that(this, in.get(y + 1).equals(lse), "lse must be [B,H,T]", in);
      Require.sameShape(this, in, y, y + 2);
      return List.of(in.getFirst());
    }

    private int firstResult() {
      return of.inputs();
    }

    @Override
    public boolean asksForFiniteInputs() {
      return true; // as Attention does
    }

    @Override
    public void reference(List<Values> in, List<Values> out) {
      List<Values> parts = of.split(in.getFirst());
      List<Values> gradients = of.split(out.getFirst());
      parts.addAll(in.subList(1, in.size()));
      new Attention.Backward(of.attention()).reference(parts, gradients);
      int at = 0;
      for (Values gradient : gradients) {
        int heads = gradient.shape().size(2);
        copy(gradient, 0, out.getFirst(), at, heads);
        at += heads;
      }
    }

    @Override
    public void cpu(List<Tensor> in, List<Tensor> out) {
      AttentionSizes sizes = AttentionSizes.ofRows(in.getFirst().shape(), of.groups);
      MemorySegment qkv = in.getFirst().segment();
      MemorySegment dqkv = out.getFirst().segment();
      @Nullable MemorySegment starts = of.starts ? in.get(1).segment() : null;
      int y = firstResult();
      new AttentionBackward(
              of.attention(),
              sizes,
              qkv,
              from(qkv, sizes.heads(), sizes),
              from(qkv, sizes.heads() + of.groups, sizes),
              starts,
              of.attention().drawing(sizes, in, y - 1),
              in.get(y).segment(),
              in.get(y + 1).segment(),
              in.get(y + 2).segment(),
              dqkv,
              from(dqkv, sizes.heads(), sizes),
              from(dqkv, sizes.heads() + of.groups, sizes))
          .run();
    }

    @Override
    public List<Command> commands(List<Tensor> in, List<Tensor> out) {
      int y = firstResult();
      return new QkvAttentionKernels(of, in.getFirst().shape())
          .backward(in, in.get(y), in.get(y + 1), in.get(y + 2), out.getFirst());
    }

    static List<Sample> samples() {
      return AttentionSamples.backwardOfRows();
    }
  }
}
