package dev.gatun.cli;

import dev.gatun.cpu.Gemm;
import dev.gatun.cpu.Layout;
import dev.gatun.cpu.Parallel;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * Our matrix product against OpenBLAS, a few calls of each in turn, so that both see the same
 * machine. With one thread the clock is the CPU time of the thread, which leaves out the time that
 * other processes had the core; with several it is the wall clock.
 */
final class GemmBench {
  private static final int CALLS = 4;
  private static final long SLEEP_NANOS = 20_000_000L;
  private static final long WAKE_NANOS = 5_000_000L;
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private final Optional<OpenBlas> openBlas;
  private final int threads;
  private final long nanosPerShape;

  /**
   * Measures with this many threads.
   *
   * @param nanosPerShape how long to measure each shape
   */
  GemmBench(Optional<OpenBlas> openBlas, int threads, long nanosPerShape) {
    this.openBlas = openBlas;
    this.threads = threads;
    this.nanosPerShape = nanosPerShape;
  }

  /** {@code C[m,n] = op(A) op(B)} with sums of length k. */
  record Product(Layout layout, int m, int k, int n) {
    double flops() {
      return 2.0 * m * k * n;
    }
  }

  /**
   * Medians of one product.
   *
   * @param ratio our speed by theirs; like {@code openBlas}, NaN where there is no OpenBLAS
   */
  record Row(Product product, double gflops, double openBlas, double ratio) {}

  /** Which products to measure, each in all three layouts. */
  enum Shapes {
    /** Those of a layer of 768 channels, for 256 and 1024 tokens. */
    LAYER,
    /** Many tokens, and the head of a model with 32,000 tokens in its vocabulary. */
    LARGE,
    /** Those of a model of 128 channels, and sizes that no block divides. */
    SMALL;

    private int[] rows() {
      return switch (this) {
        case LAYER -> new int[] {256, 1024};
        case LARGE -> new int[] {256, 4096};
        case SMALL -> new int[] {37, 131, 768};
      };
    }

    private int[][] depthsAndColumns() {
      return switch (this) {
        case LAYER -> new int[][] {{768, 768}, {768, 3072}, {3072, 768}};
        case LARGE -> new int[][] {{384, 1536}, {768, 768}, {768, 32000}};
        case SMALL -> new int[][] {{128, 128}, {128, 512}, {512, 128}, {67, 257}};
      };
    }

    List<Product> products() {
      List<Product> products = new ArrayList<>();
      for (int[] kn : depthsAndColumns()) {
        for (int m : rows()) {
          for (Layout layout : Layout.values()) {
            products.add(new Product(layout, m, kn[0], kn[1]));
          }
        }
      }
      return products;
    }
  }

  /** The geometric mean of the ratios. */
  static double geometricMean(List<Row> rows) {
    return Math.exp(
        rows.stream().mapToDouble(row -> Math.log(row.ratio())).average().orElseThrow());
  }

  /**
   * Measures each product.
   *
   * @param warmUpNanos added to the first product of each layout: compilers need calls and time
   * @param progress hears of each row when it is there
   */
  List<Row> run(List<Product> products, long warmUpNanos, Consumer<Row> progress) {
    int before = Parallel.threads();
    Parallel.setThreads(threads);
    openBlas.ifPresent(library -> library.setThreads(threads));
    try {
      List<Row> rows = new ArrayList<>();
      for (Product product : products) {
        boolean newLayout = rows.size() < Layout.values().length;
        long nanos = nanosPerShape + (newLayout ? warmUpNanos : 0);
        rows.add(measure(product, nanos));
        progress.accept(rows.getLast());
      }
      return rows;
    } finally {
      Parallel.setThreads(before);
    }
  }

  private Row measure(Product product, long nanos) {
    try (Arena arena = Arena.ofShared()) {
      MemorySegment a = random((long) product.m() * product.k(), arena);
      MemorySegment b = random((long) product.k() * product.n(), arena);
      MemorySegment c = random((long) product.m() * product.n(), arena);
      List<Long> ours = new ArrayList<>();
      List<Long> theirs = new ArrayList<>();
      long used = 0;
      while (used < nanos) {
        used += round(ours, () -> multiply(product, a, b, c));
        if (openBlas.isPresent()) {
          OpenBlas library = openBlas.get();
          Layout layout = product.layout();
          used +=
              round(
                  theirs,
                  () -> library.multiply(layout, product.m(), product.n(), product.k(), a, b, c));
          letTheirThreadsSleep();
        }
      }
      double mine = product.flops() / median(ours);
      double other = theirs.isEmpty() ? Double.NaN : product.flops() / median(theirs);
      return new Row(product, mine, other, mine / other);
    }
  }

  /**
   * Calls of one library. The first ones, which find caches, threads and, on a virtual machine, the
   * other core asleep, do not count: a sleeping core can take longer to wake than a small product.
   */
  private long round(List<Long> samples, Runnable call) {
    long total = 0;
    do {
      total += time(call);
    } while (total < WAKE_NANOS * (threads - 1));
    for (int i = 0; i < CALLS; i++) {
      samples.add(time(call));
      total += samples.getLast();
    }
    return total;
  }

  /** The helpers of OpenBLAS spin for a while after a call, on the core that ours would use. */
  private void letTheirThreadsSleep() {
    if (threads > 1) {
      LockSupport.parkNanos(SLEEP_NANOS);
    }
  }

  private long time(Runnable call) {
    long start = now();
    call.run();
    return Math.max(1, now() - start);
  }

  private long now() {
    return threads == 1 ? THREADS.getCurrentThreadCpuTime() : System.nanoTime();
  }

  private static void multiply(Product p, MemorySegment a, MemorySegment b, MemorySegment c) {
    int lda = p.layout() == Layout.TN ? p.m() : p.k();
    int ldb = p.layout() == Layout.NT ? p.k() : p.n();
    Gemm.run(p.layout(), p.m(), p.n(), p.k(), a, 0, lda, b, 0, ldb, null, 0, c, 0, p.n(), false);
  }

  /** The median of the second half, which the compilers no longer disturb. */
  private static double median(List<Long> samples) {
    long[] sorted =
        samples.subList(samples.size() / 2, samples.size()).stream()
            .mapToLong(Long::longValue)
            .toArray();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  private static MemorySegment random(long elements, Arena arena) {
    MemorySegment segment = arena.allocate(4 * elements, 64);
    SplittableRandom random = new SplittableRandom(elements);
    for (long i = 0; i < elements; i++) {
      segment.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextDouble(-1, 1));
    }
    return segment;
  }
}
