package dev.gatun.nn;

import dev.gatun.core.DType;
import dev.gatun.core.Shape;
import dev.gatun.core.ShapeException;
import dev.gatun.memory.Region;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.TensorSpec;
import dev.gatun.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;

/**
 * The keys and values of the tokens seen so far, layer by layer, so that a further token costs one
 * position and not all. All rows of a batch have the same length; rows that are shorter are padded
 * on the left, and {@code starts} hides the padding.
 *
 * <p>Keys and values are [B, capacity, G, D] each, of which the first {@link #length} positions are
 * in use. A layer {@linkplain #append appends} T positions; when all layers have, the model
 * {@linkplain #advance advances} by T.
 */
public final class KvCache {
  private final List<Tensor> keys = new ArrayList<>();
  private final List<Tensor> values = new ArrayList<>();
  private final int capacity;
  private int length;

  /**
   * An empty cache.
   *
   * @param region the session's
   * @param capacity the largest number of positions
   * @param heads G
   * @param headDim D
   */
  public KvCache(
      Region region, int layers, int batch, int capacity, int heads, int headDim, DType dtype) {
    this.capacity = capacity;
    TensorSpec spec = new TensorSpec(Shape.of(batch, capacity, heads, headDim), dtype);
    for (int i = 0; i < layers; i++) {
      keys.add(Tensors.empty(region, spec));
      values.add(Tensors.empty(region, spec));
    }
  }

  /** The number of positions in use. */
  public int length() {
    return length;
  }

  /** The largest number of positions. */
  public int capacity() {
    return capacity;
  }

  /** The keys of a layer, [B, capacity, G, D]. */
  public Tensor keys(int layer) {
    return keys.get(layer);
  }

  /** The values of a layer, [B, capacity, G, D]. */
  public Tensor values(int layer) {
    return values.get(layer);
  }

  /**
   * Copies the keys and values of the next T positions behind those in use.
   *
   * @param k [B, T, G, D]
   * @param v [B, T, G, D]
   */
  public void append(int layer, Tensor k, Tensor v) {
    copy(k, keys.get(layer));
    copy(v, values.get(layer));
  }

  /** Takes T more positions into use, after every layer has appended them. */
  public void advance(int positions) {
    length = Math.addExact(length, positions);
  }

  /** Forgets all positions from this one on. */
  public void truncate(int length) {
    if (length < 0 || length > this.length) {
      throw new IllegalArgumentException(
          "a cache of length " + this.length + " cannot be cut to " + length);
    }
    this.length = length;
  }

  private void copy(Tensor from, Tensor to) {
    Shape shape = to.shape();
    int positions = from.shape().size(1);
    if (!from.shape().equals(shape.with(1, positions)) || from.dtype() != to.dtype()) {
      throw new ShapeException("[kv cache] " + from + " does not continue " + to.spec());
    }
    if (length + positions > capacity) {
      throw new ShapeException(
          "[kv cache] %d positions are in use and %d more are to come, but there is room for %d"
              .formatted(length, positions, capacity));
    }
    if (from.isTracked()) {
      throw new IllegalStateException(
          "[kv cache] gradients do not pass a cache: use it without recording");
    }
    long position = (long) shape.size(2) * shape.size(3) * to.dtype().bytes();
    for (long b = 0; b < shape.size(0); b++) {
      to.buffer()
          .copyFrom(
              from.buffer(),
              b * positions * position,
              (b * capacity + length) * position,
              positions * position);
    }
  }
}
