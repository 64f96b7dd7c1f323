package dev.gatun.op;

import dev.gatun.autograd.Backprop;
import dev.gatun.core.DType;
import dev.gatun.core.Philox;
import dev.gatun.core.Shape;
import dev.gatun.device.Command;
import dev.gatun.device.Command.Argument;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.TensorSpec;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Causal scaled dot-product attention with grouped queries, a sliding window, and a cache.
 *
 * <pre>
 *   query t sees key j where   max(starts[b,t], offset+t-window+1) ≤ j ≤ offset+t
 *   s[t,j] = scale·Σ_d q[t,d]·k[j,d]           for each visible j, head h with k and v of h/(H/G)
 *   lse[t] = log Σ_j exp s[t,j]                p[t,j] = exp(s[t,j] - lse[t])
 *   y[t]   = Σ_j m[t,j]·p[t,j]·v[j]
 *   δ[t]   = Σ_d dy[t,d]·y[t,d]        ds[t,j] = p[t,j]·(m[t,j]·Σ_d dy[t,d]·v[j,d] - δ[t])
 *   dq[t]  = scale·Σ_j ds[t,j]·k[j]      dk[j] = scale·Σ_t ds[t,j]·q[t]
 *   dv[j]  = Σ_t m[t,j]·p[t,j]·dy[t]
 * </pre>
 *
 * where m is 1, or, with dropout of weights, 0 or 1/(1 - p) as {@link AttentionDropout} draws it.
 *
 * <p>q [B,T,H,D], k and v [B,S,G,D], starts I32 [B,T] → y [B,T,H,D], lse [B,H,T]; H is a multiple
 * of G, and S ≥ offset+T: keys from offset+T on are capacity of a cache and are not read. Window 0
 * is unlimited. A query that sees nothing has y = 0 and lse = -∞. Left padding and packed sequences
 * are {@code starts}; right padding needs none, since no earlier query sees it. All keys and values
 * below offset+T must be finite: an invisible one of the same tile is multiplied by 0.
 *
 * <p>Vaswani et al., "Attention Is All You Need", 2017, equation 1; Ainslie et al., "GQA", 2023;
 * Dao, "FlashAttention-2", 2023, for the gradients. Memory is linear in T.
 *
 * @param starts whether there is a fourth input, the first key that each query may see
 * @param offset the number of keys before the first query's own: the length of the cache
 * @param window how many keys a query sees at most, its own included; 0 for all
 * @param scale usually 1/√D
 * @param dropout of the weights; unless p is 0 there is a last input, its key I32 [2]
 */
record Attention(boolean starts, int offset, int window, float scale, Dropout dropout)
    implements Op, Op.Differentiable {
  Attention {
    if (offset < 0 || window < 0) {
      throw new IllegalArgumentException(
          "[attention] offset and window cannot be negative: " + offset + ", " + window);
    }
  }

  /** Without dropout. */
  Attention(boolean starts, int offset, int window, float scale) {
    this(starts, offset, window, scale, Dropout.NONE);
  }

  /** Whether weights are dropped. */
  boolean drops() {
    return dropout.p() > 0;
  }

  /** The number of inputs, of which starts and the key of the dropout are the last. */
  int inputs() {
    return 3 + (starts ? 1 : 0) + (drops() ? 1 : 0);
  }

  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    Require.count(this, in, inputs());
    return List.of(in.getFirst(), statistics(this, in));
  }

  /** Checks q, k, v and starts; the shape of lse. */
  private static TensorSpec statistics(Op op, List<TensorSpec> in) {
    Attention attention = op instanceof Backward backward ? backward.of() : (Attention) op;
    DType dtype = Require.sameFloat(op, in, 0, 1, 2);
    Require.rank(op, in, 0, 4);
    Require.rank(op, in, 1, 4);
    Require.sameShape(op, in, 1, 2);
    Shape q = in.get(0).shape();
    Shape k = in.get(1).shape();
    Require.that(
        op,
        q.size(0) == k.size(0) && q.size(3) == k.size(3),
        "queries [B,T,H,D] and keys [B,S,G,D] must agree in B and D",
        in);
    Require.that(
        op,
        k.size(2) > 0 && q.size(2) > 0 && q.size(2) % k.size(2) == 0,
        "the query heads H must be a multiple of the key heads G, and there must be some",
        in);
    Require.that(op, q.size(3) > 0, "heads must have a dimension D", in);
    Require.that(
        op,
        (long) attention.offset + q.size(1) <= k.size(1),
        "S must be at least offset + T, offset being " + attention.offset,
        in);
    if (attention.starts) {
      Require.integers(op, in, 3);
      Require.that(
          op, in.get(3).shape().equals(Shape.of(q.size(0), q.size(1))), "starts must be [B,T]", in);
    }
    attention.requireKey(op, in, attention.inputs() - 1);
    return new TensorSpec(Shape.of(q.size(0), q.size(2), q.size(1)), dtype);
  }

  /** Checks the key of the dropout, if there is one. */
  void requireKey(Op op, List<TensorSpec> in, int at) {
    if (drops()) {
      Require.integers(op, in, at);
      Require.that(op, in.get(at).shape().equals(Shape.of(2)), "the key must have two words", in);
    }
  }

  /** What draws the factors of the weights, or null. */
  @Nullable AttentionDropout drawing(AttentionSizes sizes, List<Tensor> in, int at) {
    return drops() ? AttentionDropout.of(dropout, in.get(at), sizes.keys()) : null;
  }

  /** The first key that a query may see, given its entry in starts. */
  int firstKey(int start, int query) {
    return Math.max(Math.max(start, 0), window == 0 ? 0 : offset + query - window + 1);
  }

  @Override
  public boolean asksForFiniteInputs() {
    return true; // tiles multiply invisible keys by 0
  }

  @Override
  public void reference(List<Values> in, List<Values> out) {
    Values values = in.get(2);
    Factors factors = Factors.of(this, in);
    new Definition(this, in)
        .forEachQuery(
            (row, statistic, first, s) -> {
              double max = Arrays.stream(s).max().orElse(Double.NEGATIVE_INFINITY);
              double sum = Arrays.stream(s).map(x -> Math.exp(x - max)).sum();
              double[] m = factors.of(statistic, first, s.length);
              for (int j = 0; j < s.length; j++) {
                double p = m[j] * Math.exp(s[j] - max) / sum;
                for (int d = 0; d < values.columns(); d++) {
                  out.get(0).add(row, d, p * values.get(first + j * in.get(2).shape().size(2), d));
                }
              }
              out.get(1).set(statistic, max + Math.log(sum));
            });
  }

  @Override
  public void cpu(List<Tensor> in, List<Tensor> out) {
    AttentionSizes sizes = AttentionSizes.of(in.get(0).shape(), in.get(1).shape());
    attend(
        sizes,
        in.get(0).segment(),
        in.get(1).segment(),
        in.get(2).segment(),
        starts ? in.get(3).segment() : null,
        drawing(sizes, in, inputs() - 1),
        out.get(0).segment(),
        out.get(1).segment());
  }

  /** The forward pass, wherever q, k and v lie. */
  void attend(
      AttentionSizes sizes,
      MemorySegment q,
      MemorySegment k,
      MemorySegment v,
      @Nullable MemorySegment first,
      @Nullable AttentionDropout drawing,
      MemorySegment y,
      MemorySegment lse) {
    if (sizes.queries() == 1 && drawing == null) {
      new AttentionDecode(this, sizes, q, k, v, first, y, lse).run();
    } else {
      new AttentionForward(this, sizes, q, k, v, first, drawing, y, lse).run();
    }
  }

  @Override
  public List<Command> commands(List<Tensor> in, List<Tensor> out) {
    return new AttentionKernels(this, AttentionSizes.of(in.get(0).shape(), in.get(1).shape()))
        .forward(in, out);
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
    List<Tensor> gradients = Ops.applyAll(new Backward(this), in);
    for (int i = 0; i < gradients.size(); i++) {
      b.add(i, gradients.get(i));
    }
  }

  static List<Sample> samples() {
    return AttentionSamples.forward();
  }

  /** The factors m of whole rows of weights, for the references. */
  record Factors(Dropout dropout, Philox random, int keys, int groups) {
    static Factors of(Attention op, List<Values> in) {
      Shape k = in.get(1).shape();
      Values key = in.get(op.inputs() - 1);
      long seed = op.drops() ? Dropout.key(key.getInt(0), key.getInt(1)) : 0;
      return new Factors(op.dropout, new Philox(seed, op.dropout.stream()), k.size(1), k.size(2));
    }

    /**
     * @param statistic index of lse
     * @param row of k and v of the first key
     */
    double[] of(int statistic, int row, int count) {
      long first = 4L * AttentionDropout.blocks(keys) * statistic + row / groups % keys;
      double[] factors = new double[count];
      for (int j = 0; j < count; j++) {
        boolean keep = dropout.p() == 0 || random.uniform(first + j) >= dropout.p();
        factors[j] = keep ? 1 / (1.0 - dropout.p()) : 0;
      }
      return factors;
    }
  }

  /** The definition over whole rows of scores, for the references. */
  record Definition(Attention op, List<Values> in) {
    /** One query of one head. */
    interface Query {
      /**
       * @param row of q and y
       * @param statistic index of lse
       * @param first row of k and v of the first visible key; the next key is G rows on
       * @param scores of the visible keys; none if the query sees nothing
       */
      void accept(int row, int statistic, int first, double[] scores);
    }

    void forEachQuery(Query query) {
      AttentionSizes n = AttentionSizes.of(in.get(0).shape(), in.get(1).shape());
      for (int b = 0; b < n.batch(); b++) {
        for (int t = 0; t < n.queries(); t++) {
          int start = op.starts ? in.get(3).getInt(b * n.queries() + t) : 0;
          int first = op.firstKey(start, t);
          for (int h = 0; h < n.heads(); h++) {
            int row = (b * n.queries() + t) * n.heads() + h;
            int key = (b * n.keys() + first) * n.groups() + h / n.sharing();
            double[] scores = new double[Math.max(0, op.offset + t + 1 - first)];
            for (int j = 0; j < scores.length; j++) {
              scores[j] = op.scale * dot(in.get(0), row, in.get(1), key + j * n.groups());
            }
            query.accept(row, (b * n.heads() + h) * n.queries() + t, key, scores);
          }
        }
      }
    }

    static double dot(Values x, int xRow, Values y, int yRow) {
      double sum = 0;
      for (int d = 0; d < x.columns(); d++) {
        sum += x.get(xRow, d) * y.get(yRow, d);
      }
      return sum;
    }
  }

  /**
   * {@code dq, dk, dv}, see {@link Attention}: q, k, v, (starts, key,) y [B,T,H,D], lse [B,H,T], dy
   * [B,T,H,D] → dq [B,T,H,D], dk and dv [B,S,G,D]. Keys that no query sees have gradient 0.
   *
   * @param of the operation
   */
  record Backward(Attention of) implements Op, Op.NonDifferentiable {
    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
      int y = firstResult();
      Require.count(this, in, y + 3);
      TensorSpec lse = statistics(this, in);
      Require.sameFloat(this, in, 0, y, y + 1, y + 2);
      Require.sameShape(this, in, 0, y);
      Require.sameShape(this, in, 0, y + 2);
      Require.that(this, in.get(y + 1).equals(lse), "lse must be [B,H,T]", in);
      return List.of(in.get(0), in.get(1), in.get(2));
    }

    private int firstResult() {
      return of.inputs();
    }

    @Override
    public boolean asksForFiniteInputs() {
      return true; // tiles multiply invisible keys by 0
    }

    @Override
    public void reference(List<Values> in, List<Values> out) {
      Values q = in.get(0);
      Values k = in.get(1);
      Values y = in.get(firstResult());
      Values lse = in.get(firstResult() + 1);
      Values dy = in.get(firstResult() + 2);
      int groups = k.shape().size(2);
      Factors factors = Factors.of(of, in);
      new Definition(of, in)
          .forEachQuery(
              (row, statistic, first, scores) -> {
                double delta = Definition.dot(dy, row, y, row);
                double[] m = factors.of(statistic, first, scores.length);
                for (int j = 0; j < scores.length; j++) {
                  int key = first + j * groups;
                  double p = Math.exp(scores[j] - lse.get(statistic));
                  double ds = p * (m[j] * Definition.dot(dy, row, in.get(2), key) - delta);
                  for (int d = 0; d < q.columns(); d++) {
                    out.get(0).add(row, d, of.scale * ds * k.get(key, d));
                    out.get(1).add(key, d, of.scale * ds * q.get(row, d));
                    out.get(2).add(key, d, m[j] * p * dy.get(row, d));
                  }
                }
              });
    }

    @Override
    public void cpu(List<Tensor> in, List<Tensor> out) {
      @Nullable MemorySegment starts = of.starts ? in.get(3).segment() : null;
      int y = firstResult();
      AttentionSizes sizes = AttentionSizes.of(in.get(0).shape(), in.get(1).shape());
      new AttentionBackward(
              of,
              sizes,
              in.get(0).segment(),
              in.get(1).segment(),
              in.get(2).segment(),
              starts,
              of.drawing(sizes, in, y - 1),
              in.get(y).segment(),
              in.get(y + 1).segment(),
              in.get(y + 2).segment(),
              out.get(0).segment(),
              out.get(1).segment(),
              out.get(2).segment())
          .run();
    }

    @Override
    public List<Command> commands(List<Tensor> in, List<Tensor> out) {
      int y = firstResult();
      AttentionSizes sizes = AttentionSizes.of(in.get(0).shape(), in.get(1).shape());
      AttentionKernels kernels = new AttentionKernels(of, sizes);
      Argument delta = new Argument.Scratch(kernels.deltaBytes());
      return kernels.backward(in, in.get(y), in.get(y + 1), in.get(y + 2), delta, out);
    }

    static List<Sample> samples() {
      return AttentionSamples.backward();
    }
  }
}
