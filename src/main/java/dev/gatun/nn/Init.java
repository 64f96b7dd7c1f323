package dev.gatun.nn;

import dev.gatun.core.DType;
import dev.gatun.core.Philox;
import dev.gatun.cpu.Parallel;
import dev.gatun.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/**
 * What a parameter starts as. A random value is addressed by (seed, name of the parameter, index),
 * so it depends neither on the order in which parameters are made nor on threads.
 */
public sealed interface Init {
  /** All elements equal. */
  record Constant(double value) implements Init {}

  /** Normal with mean 0. */
  record Normal(double standardDeviation) implements Init {}

  /** Uniform on [-bound, bound). */
  record Uniform(double bound) implements Init {}

  /** All zero: biases, and the norms that store their weight as its difference from 1. */
  static Init zeros() {
    return new Constant(0);
  }

  /** All one: norms. */
  static Init ones() {
    return new Constant(1);
  }

  /** Overwrites a tensor of F32 or F64. */
  default void fill(Tensor tensor, String name, long seed) {
    Philox random = new Philox(seed, streamOf(name));
    boolean isDouble = tensor.dtype() == DType.F64;
    if (!isDouble && tensor.dtype() != DType.F32) {
      throw new IllegalArgumentException("parameters start in F32 or F64, not as " + tensor);
    }
    int count = tensor.shape().elementsExact();
    tensor.buffer().write(segment -> fill(segment, count, isDouble, random));
  }

  private void fill(MemorySegment segment, int count, boolean isDouble, Philox random) {
    Parallel.range(
        0,
        count,
        1 << 12,
        (from, to) -> {
          for (int i = from; i < to; i++) {
            double value = value(random, i);
            if (isDouble) {
              segment.setAtIndex(ValueLayout.JAVA_DOUBLE, i, value);
            } else {
              segment.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) value);
            }
          }
        });
  }

  private double value(Philox random, long index) {
    return switch (this) {
      case Constant constant -> constant.value();
      case Normal normal -> normal.standardDeviation() * random.normal(index);
      case Uniform uniform -> uniform.bound() * (2 * random.uniformDouble(index) - 1);
    };
  }

  /**
   * The stream of random numbers that belongs to a name: its FNV-1a hash of 64 bits (RFC 9923,
   * section 2), which is the same on every platform.
   */
  static long streamOf(String name) {
    long hash = 0xcbf29ce484222325L;
    for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (b & 0xff)) * 0x100000001b3L;
    }
    return hash;
  }
}
