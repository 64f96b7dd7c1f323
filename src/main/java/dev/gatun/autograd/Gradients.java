package dev.gatun.autograd;

import dev.gatun.memory.Buffer;
import dev.gatun.memory.Region;
import dev.gatun.tensor.Tensor;
import it.unimi.dsi.fastutil.longs.Long2ObjectMap;
import it.unimi.dsi.fastutil.longs.Long2ObjectOpenHashMap;
import java.util.IdentityHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The gradients by tensor identity.
 *
 * <p>Two kinds live here. Those of parameters are <em>persistent</em>: their memory is given once,
 * and the first contribution of an accumulation group overwrites it, so nothing is zeroed. All
 * others are <em>transient</em>: they live in the step's region from the first contribution until
 * the walk has passed the operation that made their tensor. Several tensors may share one gradient
 * (the sum's rule hands its {@code dy} to both inputs); holders are counted, and only memory with a
 * single holder is added to in place.
 */
public final class Gradients {
  private static final class Persistent {
    final Tensor storage;
    boolean written;

    Persistent(Tensor storage) {
      this.storage = storage;
    }
  }

  private final Long2ObjectMap<Persistent> persistent = new Long2ObjectOpenHashMap<>();
  private final Long2ObjectMap<Tensor> transients = new Long2ObjectOpenHashMap<>();
  private final IdentityHashMap<Buffer, Integer> holders = new IdentityHashMap<>();

  /** Declares where the gradient of a leaf is to be accumulated. */
  public void persist(Tensor leaf, Tensor storage) {
    if (!leaf.spec().equals(storage.spec())) {
      throw new IllegalArgumentException("gradient storage " + storage + " does not fit " + leaf);
    }
    persistent.put(leaf.id(), new Persistent(storage));
  }

  /** Opens an accumulation group: the next contribution to each leaf overwrites. */
  public void beginGroup() {
    for (Persistent entry : persistent.values()) {
      entry.written = false;
    }
  }

  /** Closes an accumulation group: leaves that received nothing have gradient zero. */
  public void endGroup() {
    for (Persistent entry : persistent.values()) {
      if (!entry.written) {
        entry.storage.buffer().fill((byte) 0);
        entry.written = true;
      }
    }
  }

  /** The gradient of a tensor, if it has received one. */
  public @Nullable Tensor of(Tensor tensor) {
    Persistent leaf = persistent.get(tensor.id());
    if (leaf != null) {
      return leaf.written ? leaf.storage : null;
    }
    Tensor gradient = transients.get(tensor.id());
    return gradient == null ? null : gradient.view(tensor.shape());
  }

  /** Hands over a finished gradient. */
  void add(Tensor tensor, Tensor gradient, Region region, Accumulator accumulator) {
    Persistent leaf = persistent.get(tensor.id());
    Tensor existing = leaf == null ? transients.get(tensor.id()) : null;
    if (leaf == null && existing == null) {
      hold(tensor, gradient);
    } else {
      write(tensor, region, (target, accumulate) -> accumulator.add(target, gradient, accumulate));
    }
  }

  /** Lets a writer overwrite or add to the gradient of a tensor. */
  void write(Tensor tensor, Region region, GradientWriter writer) {
    Persistent leaf = persistent.get(tensor.id());
    if (leaf != null) {
      writer.write(leaf.storage.view(tensor.shape()), leaf.written);
      leaf.written = true;
      return;
    }
    Tensor existing = transients.get(tensor.id());
    if (existing == null) {
      Tensor fresh = Tensor.of(tensor.spec(), region.allocate(tensor.spec().bytes()));
      writer.write(fresh, false);
      hold(tensor, fresh);
    } else if (holders.getOrDefault(existing.buffer(), 0) == 1) {
      writer.write(existing.view(tensor.shape()), true);
    } else {
      Tensor own = Tensor.of(tensor.spec(), region.allocate(tensor.spec().bytes()));
      own.buffer().copyFrom(existing.buffer(), own.spec().bytes());
      drop(tensor);
      writer.write(own, true);
      hold(tensor, own);
    }
  }

  /**
   * Forgets the gradient of a tensor that the walk has passed, and releases it with its last
   * holder.
   */
  void drop(Tensor tensor) {
    Tensor gradient = transients.remove(tensor.id());
    if (gradient == null) {
      return;
    }
    Buffer buffer = gradient.buffer();
    int left = holders.merge(buffer, -1, Integer::sum);
    if (left == 0) {
      holders.remove(buffer);
      buffer.release();
    }
  }

  /** Whether a buffer holds some gradient. */
  boolean holds(Buffer buffer) {
    return holders.containsKey(buffer);
  }

  private void hold(Tensor tensor, Tensor gradient) {
    transients.put(tensor.id(), gradient);
    holders.merge(gradient.buffer(), 1, Integer::sum);
  }
}
