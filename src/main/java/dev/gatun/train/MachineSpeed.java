package dev.gatun.train;

import dev.gatun.autograd.Step;
import dev.gatun.core.DType;
import dev.gatun.core.Shape;
import dev.gatun.cpu.Gemm;
import dev.gatun.cpu.Layout;
import dev.gatun.memory.Region;
import dev.gatun.op.Ops;
import dev.gatun.op.Profile;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.TensorSpec;
import dev.gatun.tensor.Tensors;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * How fast this machine does what steps consist of, measured in small: products and attention by
 * their floating-point operations, everything else by the bytes it moves.
 *
 * <pre>
 *   time = Σ_products flops / rate(shape) + Σ_attention flops / rate + Σ_others bytes / bandwidth
 *          + operations · overhead
 * </pre>
 *
 * <p>A product is measured with each size cut to {@value #LARGEST}, where it is as fast as a larger
 * one. What evaluates elementary functions or sums rows has a bandwidth of its own.
 */
public final class MachineSpeed {
  private static final int LARGEST = 1024;
  private static final int ELEMENTS = 1 << 22;
  private static final long WINDOW_NANOS = 100_000_000;
  private static final long LONGEST_NANOS = 4_000_000_000L;
  private static final double SETTLED = 0.9;
  private static final int LEAST_RUNS = 3;

  /** Sizes of what only wakes the compilers, which need many calls and not long ones. */
  private static final int WARM = 128;

  /** What moves memory and little else. */
  private static final Set<String> MOVES =
      Set.of(
          "accumulate",
          "adam_w",
          "binary",
          "cast",
          "concat",
          "embedding",
          "embedding_backward",
          "rotary",
          "slice",
          "slice_backward",
          "transpose");

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private record Product(Layout layout, int m, int n, int k) {
    static Product of(Profile.Row row) {
      Layout layout = Layout.valueOf(row.operation().substring(row.operation().length() - 2));
      Shape a = row.inputs().get(0).shape();
      Shape b = row.inputs().get(1).shape();
      return switch (layout) {
        case NN -> new Product(layout, a.rows(), b.columns(), a.columns());
        case NT -> new Product(layout, a.rows(), b.rows(), a.columns());
        case TN -> new Product(layout, a.columns(), b.columns(), a.rows());
      };
    }

    Product cut() {
      return new Product(layout, Math.min(LARGEST, m), Math.min(LARGEST, n), Math.min(LARGEST, k));
    }
  }

  private record Heads(int queries, int heads, int groups, int headDim) {
    static Heads of(Profile.Row row) {
      Shape y = attended(row);
      int all = groups(row);
      int groups = Math.min(4, all);
      int sharing = y.size(2) / all;
      return new Heads(Math.min(LARGEST, y.size(1)), groups * sharing, groups, y.size(3));
    }

    /** The shape of y [B,T,H,D], or of its gradient, which is the last input of a backward pass. */
    static Shape attended(Profile.Row row) {
      return (isBackward(row) ? row.inputs().getLast() : row.outputs().getFirst()).shape();
    }

    private static int groups(Profile.Row row) {
      return row.operation().startsWith("qkv")
          ? (row.inputs().getFirst().shape().size(2) - attended(row).size(2)) / 2
          : row.inputs().get(1).shape().size(2);
    }

    static boolean isBackward(Profile.Row row) {
      return row.operation().endsWith("_backward");
    }
  }

  private final Map<Product, Double> products = new HashMap<>();
  private final Set<Layout> warm = EnumSet.noneOf(Layout.class);
  private final Map<Heads, Double> attentions = new HashMap<>();
  private double moves;
  private double functions;
  private double overhead;

  /** Seconds that these operations take, one after the other; measures what is not known yet. */
  public double seconds(List<Profile.Row> operations) {
    if (overhead == 0) {
      measureOthers();
    }
    double seconds = 0;
    for (Profile.Row row : operations) {
      seconds += row.calls() * overhead + work(row);
    }
    return seconds;
  }

  private double work(Profile.Row row) {
    if (row.operation().startsWith("mat_mul ")) {
      return row.flops() / products.computeIfAbsent(Product.of(row).cut(), this::measure);
    }
    if (row.operation().contains("attention")) {
      return attentionFlops(row) / attentions.computeIfAbsent(Heads.of(row), this::measure);
    }
    return row.bytes() / (MOVES.contains(row.operation()) ? moves : functions);
  }

  /** Two products forward, five backward, over the lower triangle of scores. */
  private static double attentionFlops(Profile.Row row) {
    Shape y = Heads.attended(row);
    double triangle = 0.5 * y.size(1) * (y.size(1) + 1);
    double products = Heads.isBackward(row) ? 5 : 2;
    return row.calls() * products * 2 * y.size(0) * y.size(2) * y.size(3) * triangle;
  }

  private double measure(Product size) {
    Product small =
        new Product(
            size.layout, Math.min(WARM, size.m), Math.min(WARM, size.n), Math.min(WARM, size.k));
    if (warm.add(size.layout)) {
      time(small);
    }
    return 2.0 * size.m * size.n * size.k / time(size);
  }

  private static double time(Product size) {
    try (Region region = new Region("measurement")) {
      Tensor a = zeros(region, size.m, size.k);
      Tensor b = zeros(region, size.k, size.n);
      Tensor c = zeros(region, size.m, size.n);
      int lda = size.layout == Layout.TN ? size.m : size.k;
      int ldb = size.layout == Layout.NT ? size.k : size.n;
      return settled(
          () ->
              Gemm.run(
                  size.layout,
                  size.m,
                  size.n,
                  size.k,
                  a.segment(),
                  0,
                  lda,
                  b.segment(),
                  0,
                  ldb,
                  null,
                  0,
                  c.segment(),
                  0,
                  size.n,
                  false));
    }
  }

  private double measure(Heads size) {
    int queries = Math.min(WARM, size.queries);
    time(new Heads(queries, size.heads, size.groups, size.headDim));
    return 2.0 * size.heads * size.headDim * size.queries * (size.queries + 1) / time(size);
  }

  private static double time(Heads size) {
    try (Region region = new Region("measurement");
        Region step = new Region("measured step")) {
      Tensor q = zeros(region, 1, size.queries, size.heads, size.headDim);
      Tensor k = zeros(region, 1, size.queries, size.groups, size.headDim);
      return settled(() -> run(step, () -> Ops.attention(q, k, k, null, 0, 0, 1, null)));
    }
  }

  private void measureOthers() {
    try (Region region = new Region("measurement");
        Region step = new Region("measured step")) {
      Tensor x = zeros(region, ELEMENTS);
      Tensor y = zeros(region, ELEMENTS);
      Tensor small = zeros(region, 16);
      overhead = settled(() -> run(step, () -> Ops.add(small, small)));
      moves = 12.0 * ELEMENTS / settled(() -> run(step, () -> Ops.add(x, y)));
      functions = 8.0 * ELEMENTS / settled(() -> run(step, () -> Ops.gelu(x)));
    }
  }

  private static void run(Region step, Supplier<Tensor> operation) {
    step.reset();
    Step.run(step, operation);
  }

  private static Tensor zeros(Region region, int... sizes) {
    return Tensors.zeros(region, TensorSpec.of(DType.F32, sizes));
  }

  /**
   * Seconds of the fastest run once the compilers are done: that of a window of time which is
   * hardly faster than the two before it. The fastest, since others may use this machine meanwhile.
   */
  private static double settled(Runnable work) {
    double best = Double.POSITIVE_INFINITY;
    int settled = 0;
    long begin = THREADS.getCurrentThreadCpuTime();
    while (settled < 2 && THREADS.getCurrentThreadCpuTime() - begin < LONGEST_NANOS) {
      double now = fastest(work);
      settled = now < SETTLED * best ? 0 : settled + 1;
      best = Math.min(best, now);
    }
    return best;
  }

  private static double fastest(Runnable work) {
    long fastest = Long.MAX_VALUE;
    long begin = System.nanoTime();
    long now = begin;
    for (int runs = 0; runs < LEAST_RUNS || now - begin < WINDOW_NANOS; runs++) {
      long start = now;
      work.run();
      now = System.nanoTime();
      fastest = Math.min(fastest, now - start);
    }
    return Math.max(1, fastest) / 1e9;
  }
}
