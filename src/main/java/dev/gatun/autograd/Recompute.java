package dev.gatun.autograd;

import dev.gatun.tensor.Tensor;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A block of a network {@code y = f(x)} whose activations are not kept.
 *
 * <p>Without a tape the block runs and leaves only y. On a tape with checkpointing it does the same
 * and is recorded as one operation, whose rule runs f again, on an inner tape, when the walk
 * arrives: Chen, Xu, Zhang, Guestrin, "Training Deep Nets with Sublinear Memory Cost", 2016. Since
 * every operation gives the same bits each time, so does the gradient.
 */
public final class Recompute {
  private Recompute() {}

  /**
   * Runs a block.
   *
   * @param checkpoint whether to give up its activations while recording
   */
  public static Tensor block(UnaryOperator<Tensor> f, Tensor x, boolean checkpoint) {
    @Nullable Tape tape = Step.tape();
    if (tape == null) {
      return Step.temporary(() -> f.apply(x));
    }
    if (!checkpoint) {
      return f.apply(x);
    }
    Tensor y = Step.temporary(() -> f.apply(x)).detached().tracked();
    tape.record("recompute", backprop -> again(f, backprop), false, List.of(x), List.of(y));
    return y;
  }

  private static void again(UnaryOperator<Tensor> f, Backprop outer) {
    Tape inner = new Tape(outer.gradients(), outer.accumulator());
    Tensor x = outer.in(0);
    Step.run(
        outer.region(),
        inner,
        () -> {
          Tensor y = f.apply(x);
          if (y.isTracked()) {
            inner.backward(y, outer.dy());
          }
          return null;
        });
  }
}
