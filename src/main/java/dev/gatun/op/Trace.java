package dev.gatun.op;

import dev.gatun.tensor.Tensor;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Sees every operation that runs within a body, on whatever device, forward and backward. */
public interface Trace {
  /** Called before an operation: its inputs may be overwritten. */
  void before(Op op, List<Tensor> in, List<Tensor> out);

  /** Called after it, while nothing else has run. */
  void after(Op op, List<Tensor> in, List<Tensor> out);

  /** Runs a body under the eyes of a trace. */
  static <T extends @Nullable Object> T run(Trace trace, Supplier<T> body) {
    return ScopedValue.where(Execution.TRACE, trace).call(body::get);
  }
}
