package dev.gatun.autograd;

import dev.gatun.memory.Region;
import dev.gatun.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * What a rule of differentiation sees of one recorded operation while the tape is walked backwards.
 */
public final class Backprop {
  private final Tape.Entry entry;
  private final Gradients gradients;
  private final Region region;
  private final Accumulator accumulator;
  private final boolean inputMayBeOverwritten;

  Backprop(
      Tape.Entry entry,
      Gradients gradients,
      Region region,
      Accumulator accumulator,
      boolean inputMayBeOverwritten) {
    this.entry = entry;
    this.gradients = gradients;
    this.region = region;
    this.accumulator = accumulator;
    this.inputMayBeOverwritten = inputMayBeOverwritten;
  }

  /** Input i of the operation. */
  public Tensor in(int i) {
    return entry.inputs().get(i);
  }

  /** Output i of the operation. */
  public Tensor out(int i) {
    return entry.outputs().get(i);
  }

  /** The gradient of output i. */
  public Tensor dy(int i) {
    Tensor gradient = gradients.of(out(i));
    if (gradient == null) {
      throw new IllegalStateException(
          "[" + entry.name() + "] output " + i + " has no gradient, but the rule asks for it");
    }
    return gradient;
  }

  /** The gradient of the first output. */
  public Tensor dy() {
    return dy(0);
  }

  /** Whether output i has received a gradient. */
  public boolean has(int i) {
    return gradients.of(out(i)) != null;
  }

  /** Whether input i wants a gradient. */
  public boolean needs(int i) {
    return in(i).isTracked();
  }

  /**
   * Contributes a finished gradient to input i, if it wants one. Passing {@code dy} itself on is
   * allowed.
   */
  public void add(int i, Tensor gradient) {
    if (needs(i)) {
      gradients.add(in(i), gradient, region, accumulator);
    }
  }

  /** Contributes to input i, if it wants it, by writing straight into its gradient. */
  public void write(int i, GradientWriter writer) {
    if (needs(i)) {
      gradients.write(in(i), region, writer);
    }
  }

  /**
   * The memory of input 0 as the place for its own gradient, where nothing reads that input any
   * more: it is no leaf, this operation is its only reader, and its maker does not need its result.
   * Null otherwise.
   */
  public @Nullable Tensor overwritableInput() {
    return inputMayBeOverwritten ? in(0).detached() : null;
  }

  /** The gradients of leaves, which a recomputed inner tape shares. */
  Gradients gradients() {
    return gradients;
  }

  Region region() {
    return region;
  }

  Accumulator accumulator() {
    return accumulator;
  }
}
