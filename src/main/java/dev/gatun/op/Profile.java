package dev.gatun.op;

import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Where the time of a step goes: how often each operation ran, on which shapes, and how long it
 * took on the wall clock. Operations run one after the other, so the times add up to that of the
 * step but for what is no operation.
 */
public final class Profile {
  private static final ScopedValue<Profile> CURRENT = ScopedValue.newInstance();

  private final Map<Key, Total> totals = new HashMap<>();

  private record Key(String operation, List<TensorSpec> in) {}

  private static final class Total {
    final List<TensorSpec> out;
    long calls;
    long nanos;
    double flops;
    long bytes;

    Total(List<TensorSpec> out) {
      this.out = out;
    }
  }

  /**
   * One operation on inputs of certain shapes.
   *
   * @param operation its name, of a matrix product with its layout
   * @param outputs of one call
   * @param nanos of all calls
   * @param flops of all calls of a matrix product, 0 of anything else
   * @param bytes that all calls read and write
   */
  public record Row(
      String operation,
      List<TensorSpec> inputs,
      List<TensorSpec> outputs,
      long calls,
      long nanos,
      double flops,
      long bytes) {
    /** The speed of a matrix product, 0 of anything else. */
    public double gflops() {
      return flops / Math.max(1, nanos);
    }
  }

  /** Runs a body whose operations are counted here. */
  public <T extends @Nullable Object> T of(Supplier<T> body) {
    return ScopedValue.where(CURRENT, this).call(body::get);
  }

  /** What has been counted, the longest first. */
  public List<Row> rows() {
    List<Row> rows = new ArrayList<>();
    totals.forEach(
        (key, total) ->
            rows.add(
                new Row(
                    key.operation,
                    key.in,
                    total.out,
                    total.calls,
                    total.nanos,
                    total.flops,
                    total.bytes)));
    rows.sort(Comparator.comparingLong(Row::nanos).reversed());
    return rows;
  }

  /** Runs an operation, and counts it where somebody asked for that. */
  static void count(Op op, List<Tensor> in, List<Tensor> out, Runnable run) {
    if (!CURRENT.isBound()) {
      run.run();
      return;
    }
    long start = System.nanoTime();
    run.run();
    long nanos = System.nanoTime() - start;
    Key key = new Key(label(op), Execution.specs(in));
    Total total = CURRENT.get().totals.computeIfAbsent(key, _ -> new Total(Execution.specs(out)));
    total.calls++;
    total.nanos += nanos;
    total.flops +=
        switch (op) {
          case MatMul product -> product.flops(in);
          case QuantizedMatMul product -> product.flops(in);
          default -> 0;
        };
    total.bytes += bytes(in) + (op.updates() ? 2 : 1) * bytes(out);
  }

  private static long bytes(List<Tensor> tensors) {
    return tensors.stream().mapToLong(tensor -> tensor.spec().bytes()).sum();
  }

  private static String label(Op op) {
    return switch (op) {
      case MatMul product -> op.name() + " " + product.layout();
      case QuantizedMatMul product -> op.name() + " " + product.layout();
      default -> op.name();
    };
  }
}
