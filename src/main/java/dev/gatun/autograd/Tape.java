package dev.gatun.autograd;

import dev.gatun.memory.Buffer;
import dev.gatun.memory.Region;
import dev.gatun.tensor.Tensor;
import it.unimi.dsi.fastutil.longs.Long2IntOpenHashMap;
import it.unimi.dsi.fastutil.longs.LongOpenHashSet;
import java.util.ArrayList;
import java.util.List;

/**
 * The operations of one step in the order in which they ran, to be read once, backwards.
 *
 * <p>Memory follows the walk: when the rule of an operation has run, the gradient of its outputs
 * and the outputs themselves are dead, for every later reader has been passed already. So the peak
 * is what the algorithm needs, not the sum of all tensors.
 */
public final class Tape {
  /** One recorded operation. */
  record Entry(String name, Vjp rule, List<Tensor> inputs, List<Tensor> outputs) {}

  private final Gradients gradients;
  private final Accumulator accumulator;
  private final List<Entry> entries = new ArrayList<>();
  private final Long2IntOpenHashMap readers = new Long2IntOpenHashMap();
  private final LongOpenHashSet outputsNeeded = new LongOpenHashSet();
  private final LongOpenHashSet made = new LongOpenHashSet();

  /**
   * @param gradients where gradients go
   * @param accumulator how two gradients are added
   */
  public Tape(Gradients gradients, Accumulator accumulator) {
    this.gradients = gradients;
    this.accumulator = accumulator;
  }

  /**
   * Appends an operation.
   *
   * @param needsOutput whether the rule reads the first output
   */
  public void record(
      String name, Vjp rule, boolean needsOutput, List<Tensor> inputs, List<Tensor> outputs) {
    for (Tensor input : inputs) {
      readers.addTo(input.id(), 1);
    }
    for (Tensor output : outputs) {
      made.add(output.id());
    }
    if (needsOutput) {
      outputsNeeded.add(outputs.getFirst().id());
    }
    entries.add(new Entry(name, rule, inputs, outputs));
  }

  /** The number of recorded operations. */
  public int size() {
    return entries.size();
  }

  /**
   * Computes the gradient of a scalar with respect to everything it was computed from.
   *
   * @param loss a tracked tensor of one element
   */
  public void backward(Tensor loss, Tensor seed) {
    if (!loss.isTracked()) {
      throw new IllegalArgumentException(
          "backward from " + loss + ", which depends on no tensor that wants a gradient");
    }
    Region region = Step.region();
    gradients.add(loss, seed, region, accumulator);
    while (!entries.isEmpty()) {
      Entry entry = entries.removeLast();
      if (hasGradient(entry)) {
        Step.transientScope(
            region, () -> entry.rule().vjp(backprop(entry, region)), gradients::holds);
      }
      release(entry);
    }
  }

  private boolean hasGradient(Entry entry) {
    for (Tensor output : entry.outputs()) {
      if (gradients.of(output) != null) {
        return true;
      }
    }
    return false;
  }

  private Backprop backprop(Entry entry, Region region) {
    Tensor first = entry.inputs().getFirst();
    boolean overwritable =
        made.contains(first.id())
            && readers.get(first.id()) == 1
            && !outputsNeeded.contains(first.id())
            && gradients.of(first) == null;
    return new Backprop(entry, gradients, region, accumulator, overwritable);
  }

  private void release(Entry entry) {
    for (Tensor input : entry.inputs()) {
      readers.addTo(input.id(), -1);
    }
    for (Tensor output : entry.outputs()) {
      gradients.drop(output);
    }
    for (Tensor output : entry.outputs()) {
      Buffer buffer = output.buffer();
      if (!buffer.isReleased() && !gradients.holds(buffer)) {
        buffer.release();
      }
    }
  }
}
