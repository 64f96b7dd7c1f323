package dev.gatun.cli;

import dev.gatun.autograd.Step;
import dev.gatun.core.DType;
import dev.gatun.core.Shape;
import dev.gatun.cuda.CudaMemory;
import dev.gatun.device.Command.Gemm;
import dev.gatun.memory.Buffer;
import dev.gatun.memory.Region;
import dev.gatun.op.Ops;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.TensorSpec;
import dev.gatun.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** Kernels that move memory beside a copy, and products beside what the device can do at most. */
final class GpuBench {
  private static final int COLUMNS = 1024;

  private final CudaMemory memory;
  private final int repeats;

  /**
   * @param repeats how often each kernel is timed together, after once that does not count
   */
  GpuBench(CudaMemory memory, int repeats) {
    this.memory = memory;
    this.repeats = repeats;
  }

  /**
   * A kernel that is bound by memory.
   *
   * @param ofCopy its rate by that of a copy on the device
   */
  record Moved(String kernel, double gigabytesPerSecond, double ofCopy) {}

  /**
   * A square product.
   *
   * @param who computed it
   * @param ofPeak its rate by the peak of the device
   */
  record Multiplied(String layout, String type, String who, double teraflops, double ofPeak) {}

  /**
   * Measures kernels on rows of 1,024 floats.
   *
   * @param elements about how many floats each reads
   */
  List<Moved> moved(int elements) {
    try (Region inputs = new Region("inputs", memory);
        Region outputs = new Region("outputs", memory)) {
      TensorSpec spec =
          new TensorSpec(Shape.of(Math.max(1, elements / COLUMNS), COLUMNS), DType.F32);
      Tensor x = Tensors.zeros(inputs, spec);
      Tensor y = Tensors.zeros(inputs, spec);
      Tensor weight = Tensors.zeros(inputs, new TensorSpec(Shape.of(COLUMNS), DType.F32));
      long bytes = x.buffer().bytes();
      double copy = rate(2 * bytes, () -> y.buffer().copyFrom(x.buffer(), bytes));
      List<Moved> rows = new ArrayList<>(List.of(new Moved("copy", copy, 1)));
      add(rows, "add", outputs, 3 * bytes, () -> Ops.add(x, y));
      add(rows, "gelu", outputs, 2 * bytes, () -> Ops.gelu(x));
      add(rows, "swi_glu", outputs, 3 * bytes, () -> Ops.swiGlu(x, y));
      add(rows, "softmax", outputs, 2 * bytes, () -> Ops.softmax(x));
      add(rows, "rms_norm", outputs, 2 * bytes, () -> Ops.rmsNorm(x, weight, 1e-5f, false));
      add(rows, "cast to bf16", outputs, bytes + bytes / 2, () -> Ops.cast(x, DType.BF16));
      return rows;
    }
  }

  private void add(
      List<Moved> rows, String name, Region outputs, long bytes, Supplier<Tensor> operation) {
    double rate =
        rate(
            bytes,
            () -> {
              outputs.reset(); // work in one stream may use the memory again
              Step.run(outputs, operation);
            });
    rows.add(new Moved(name, rate, rate / rows.getFirst().gigabytesPerSecond()));
  }

  private double rate(long bytes, Runnable work) {
    return bytes / millis(work) / 1e6;
  }

  /** Measures products of matrices of size by size in all layouts and both types. */
  List<Multiplied> multiplied(int size) {
    List<Multiplied> rows = new ArrayList<>();
    try (Region region = new Region("factors", memory)) {
      Buffer a = zeros(region, size);
      Buffer b = zeros(region, size);
      Buffer c = zeros(region, size);
      for (String layout : List.of("NN", "NT", "TN")) {
        Gemm gemm =
            new Gemm(
                layout.startsWith("T"),
                layout.endsWith("T"),
                size,
                size,
                size,
                a,
                b,
                null,
                c,
                false);
        rows.add(row(layout, "f32", size, millis(() -> memory.queue().submit(gemm))));
        if (memory.multipliesBf16()) {
          rows.add(
              memory.withBf16Factors(
                  () -> row(layout, "bf16", size, millis(() -> memory.queue().submit(gemm)))));
        }
      }
    }
    return rows;
  }

  private Multiplied row(String layout, String type, int size, double millis) {
    double teraflops = 2.0 * size * size * size / millis / 1e9;
    double peak = memory.peakTeraflops(type.equals("bf16"));
    return new Multiplied(layout, type, memory.products(), teraflops, teraflops / peak);
  }

  private static Buffer zeros(Region region, int size) {
    return Tensors.zeros(region, new TensorSpec(Shape.of(size, size), DType.F32)).buffer();
  }

  private double millis(Runnable work) {
    work.run();
    return memory.millis(
            () -> {
              for (int i = 0; i < repeats; i++) {
                work.run();
              }
            })
        / repeats;
  }
}
