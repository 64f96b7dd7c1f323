package dev.gatun.op;

import static dev.gatun.cpu.Simd.LENGTH;
import static dev.gatun.cpu.Simd.ORDER;
import static dev.gatun.cpu.Simd.load;

import dev.gatun.core.DType;
import dev.gatun.core.Philox;
import dev.gatun.core.Shape;
import dev.gatun.cpu.Parallel;
import dev.gatun.cpu.VectorMath;
import dev.gatun.memory.Region;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.TensorSpec;
import dev.gatun.tensor.Tensors;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/**
 * How fast one thread does the element-wise work of training: functions on numbers in the first
 * cache, and operations on more than the caches hold, which a copy of memory is the measure of. The
 * clock is the CPU time of the thread, which leaves out what other processes took.
 */
public final class OpBench {
  /** Elements of the functions: x and y fill the first cache and little more. */
  private static final int SMALL = 8192;

  private static final int SMALL_REPEAT = 64;
  private static final int COLUMNS = 1024;

  /** Rows of the softmax, in the second cache, and of what is compared with a copy. */
  private static final int SOFTMAX_ROWS = 256;

  private static final int ROWS = 16384;
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private final long nanosPerRow;
  private final Region region;
  private final List<Row> rows = new ArrayList<>();
  private final Consumer<Row> progress;

  /**
   * The median of one function or operation.
   *
   * @param bytes that it reads and writes for each element
   */
  public record Row(String name, double nanosPerElement, int bytes) {
    /** Of what is read and written together. */
    public double gigabytesPerSecond() {
      return bytes / nanosPerElement;
    }
  }

  private OpBench(long nanosPerRow, Region region, Consumer<Row> progress) {
    this.nanosPerRow = nanosPerRow;
    this.region = region;
    this.progress = progress;
  }

  /**
   * Measures everything.
   *
   * @param nanosPerRow how long each measurement takes
   * @param progress hears of each row when it is there
   */
  public static List<Row> run(long nanosPerRow, Consumer<Row> progress) {
    int before = Parallel.threads();
    Parallel.setThreads(1);
    try (Region region = new Region("bench")) {
      OpBench bench = new OpBench(nanosPerRow, region, progress);
      bench.functions();
      bench.operations();
      return bench.rows;
    } finally {
      Parallel.setThreads(before);
    }
  }

  private void functions() {
    MemorySegment x = normal(SMALL).segment();
    MemorySegment y = normal(SMALL).segment();
    measure("exp", SMALL, 8, SMALL_REPEAT, () -> exp(x, y));
    measure("tanh", SMALL, 8, SMALL_REPEAT, () -> tanh(x, y));
    measure("gelu", SMALL, 8, SMALL_REPEAT, () -> Unary.Fast.geluTanh(x, y, 0, SMALL));
    Tensor scores = normal(SOFTMAX_ROWS, COLUMNS);
    List<Tensor> weights = List.of(normal(SOFTMAX_ROWS, COLUMNS));
    int elements = SOFTMAX_ROWS * COLUMNS;
    measure("softmax", elements, 8, 1, () -> new Softmax().cpu(List.of(scores), weights));
  }

  private void operations() {
    int elements = ROWS * COLUMNS;
    Tensor x = normal(ROWS, COLUMNS);
    Tensor y = normal(ROWS, COLUMNS);
    measure("copy", elements, 8, 1, () -> y.segment().copyFrom(x.segment()));
    List<Tensor> in = List.of(x, normal(COLUMNS), normal(COLUMNS));
    List<Tensor> out = List.of(y, normal(ROWS), normal(ROWS));
    measure("layer_norm", elements, 8, 1, () -> new LayerNorm(1e-5f).cpu(in, out));
    Tensor m = normal(ROWS, COLUMNS);
    Tensor v = normal(ROWS, COLUMNS);
    v.segment().fill((byte) 0);
    double[] f = AdamW.factors(1e-3, 0.9, 0.999, 1e-8, 0.1, 100, 1);
    Tensor factors = Tensors.of(region, TensorSpec.of(DType.F32, f.length), f);
    measure(
        "adam_w", elements, 28, 1, () -> new AdamW().cpu(List.of(x, factors), List.of(y, m, v)));
  }

  private void measure(String name, int elements, int bytes, int repeat, Runnable work) {
    List<Long> samples = new ArrayList<>();
    long begin = THREADS.getCurrentThreadCpuTime();
    for (long start = begin, now; samples.size() < 2 || start - begin < nanosPerRow; start = now) {
      for (int i = 0; i < repeat; i++) {
        work.run();
      }
      now = THREADS.getCurrentThreadCpuTime();
      samples.add(now - start);
    }
    Row row = new Row(name, (double) median(samples) / repeat / elements, bytes);
    rows.add(row);
    progress.accept(row);
  }

  /** The median of the second half, which the compilers no longer disturb. */
  private static long median(List<Long> samples) {
    long[] half =
        samples.stream().skip(samples.size() / 2).mapToLong(Long::longValue).sorted().toArray();
    return Math.max(1, half[half.length / 2]);
  }

  private Tensor normal(int... shape) {
    TensorSpec spec = new TensorSpec(Shape.of(shape), DType.F32);
    Tensor tensor = Tensor.of(spec, region.allocate(spec.bytes()));
    Philox random = new Philox(Arrays.hashCode(shape), region.used());
    float[] numbers = new float[SMALL];
    for (int i = 0; i < SMALL; i++) {
      numbers[i] = (float) random.normal(i);
    }
    int elements = spec.shape().elementsExact();
    for (int at = 0; at < elements; at += SMALL) {
      int count = Math.min(SMALL, elements - at);
      MemorySegment.copy(numbers, 0, tensor.segment(), ValueLayout.JAVA_FLOAT, 4L * at, count);
    }
    return tensor;
  }

  private static void exp(MemorySegment x, MemorySegment y) {
    for (int i = 0; i < SMALL; i += LENGTH) {
      VectorMath.exp(load(x, 0, i)).intoMemorySegment(y, 4L * i, ORDER);
    }
  }

  private static void tanh(MemorySegment x, MemorySegment y) {
    for (int i = 0; i < SMALL; i += LENGTH) {
      VectorMath.tanh(load(x, 0, i)).intoMemorySegment(y, 4L * i, ORDER);
    }
  }
}
