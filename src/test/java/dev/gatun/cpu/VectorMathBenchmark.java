package dev.gatun.cpu;

import static dev.gatun.cpu.Simd.LENGTH;
import static dev.gatun.cpu.Simd.ORDER;
import static dev.gatun.cpu.Simd.load;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import jdk.incubator.vector.FloatVector;

/** Prints nanoseconds per element of loops over 8192 numbers, one thread, the best of many. */
public final class VectorMathBenchmark {
  private static final int N = 8192;
  private static final int REPEAT = 64;
  private static final long BUDGET_NANOS = 5_000_000_000L;

  interface Loop {
    void run(MemorySegment x, MemorySegment y);
  }

  private VectorMathBenchmark() {}

  /** Needs no arguments. */
  public static void main(String[] arguments) {
    Map<String, Loop> loops = new LinkedHashMap<>();
    loops.put("exp", VectorMathBenchmark::exp);
    loops.put("tanh", VectorMathBenchmark::tanh);
    loops.put("erf", VectorMathBenchmark::erf);
    loops.put("log", VectorMathBenchmark::log);
    loops.put("silu", VectorMathBenchmark::silu);
    loops.put("gelu (tanh form)", VectorMathBenchmark::gelu);
    loops.put("sum", (x, y) -> y.set(ValueLayout.JAVA_FLOAT, 0, Reductions.sum(x, 0, N)));
    loops.put("dot", (x, y) -> y.set(ValueLayout.JAVA_FLOAT, 0, Reductions.dot(x, 0, x, 0, N)));
    loops.put("max", (x, y) -> y.set(ValueLayout.JAVA_FLOAT, 0, Reductions.max(x, 0, N)));
    try (Arena arena = Arena.ofShared()) {
      MemorySegment x = arena.allocate(4L * N, 64);
      MemorySegment y = arena.allocate(4L * N, 64);
      SplittableRandom random = new SplittableRandom(1);
      for (int i = 0; i < N; i++) {
        x.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) (3 * random.nextGaussian()));
      }
      System.out.println("vectors of " + LENGTH + " floats");
      loops.forEach(
          (name, loop) -> System.out.printf("%-18s %.3f ns/element%n", name, best(loop, x, y)));
    }
  }

  private static double best(Loop loop, MemorySegment x, MemorySegment y) {
    double best = Double.POSITIVE_INFINITY;
    for (long start = System.nanoTime(); System.nanoTime() - start < BUDGET_NANOS; ) {
      long begin = System.nanoTime();
      for (int i = 0; i < REPEAT; i++) {
        loop.run(x, y);
      }
      best = Math.min(best, (System.nanoTime() - begin) / (double) REPEAT / N);
    }
    return best;
  }

  private static void exp(MemorySegment x, MemorySegment y) {
    for (int i = 0; i < N; i += LENGTH) {
      VectorMath.exp(load(x, 0, i)).intoMemorySegment(y, 4L * i, ORDER);
    }
  }

  private static void tanh(MemorySegment x, MemorySegment y) {
    for (int i = 0; i < N; i += LENGTH) {
      VectorMath.tanh(load(x, 0, i)).intoMemorySegment(y, 4L * i, ORDER);
    }
  }

  private static void erf(MemorySegment x, MemorySegment y) {
    for (int i = 0; i < N; i += LENGTH) {
      VectorMath.erf(load(x, 0, i)).intoMemorySegment(y, 4L * i, ORDER);
    }
  }

  private static void log(MemorySegment x, MemorySegment y) {
    for (int i = 0; i < N; i += LENGTH) {
      VectorMath.log(load(x, 0, i)).intoMemorySegment(y, 4L * i, ORDER);
    }
  }

  private static void silu(MemorySegment x, MemorySegment y) {
    for (int i = 0; i < N; i += LENGTH) {
      FloatVector v = load(x, 0, i);
      v.mul(VectorMath.sigmoid(v)).intoMemorySegment(y, 4L * i, ORDER);
    }
  }

  /** {@code x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))}. */
  private static void gelu(MemorySegment x, MemorySegment y) {
    for (int i = 0; i < N; i += LENGTH) {
      FloatVector v = load(x, 0, i);
      FloatVector inner = v.mul(v).mul(0.044715f).add(1f).mul(v).mul(0.7978846f);
      v.mul(0.5f).mul(VectorMath.tanh(inner).add(1f)).intoMemorySegment(y, 4L * i, ORDER);
    }
  }
}
