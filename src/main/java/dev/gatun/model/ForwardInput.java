package dev.gatun.model;

import dev.gatun.core.DType;
import dev.gatun.core.Shape;
import dev.gatun.core.ShapeException;
import dev.gatun.memory.Region;
import dev.gatun.nn.KvCache;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.Tensors;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What a model reads. Attention is causal, so padding on the right needs no mask: what comes later
 * is not seen, and the loss ignores padded labels. Padding on the left, and texts packed into one
 * row, are hidden by {@code starts}.
 *
 * @param ids token ids, I32 [B, T]
 * @param positions the position of each token in its text, I32 [B, T]
 * @param starts the first key that each query may see, I32 [B, T], counted from the beginning of
 *     the row or, with a cache, of the cache; null for 0 everywhere
 * @param cache the tokens before these; null for none
 */
public record ForwardInput(
    Tensor ids, Tensor positions, @Nullable Tensor starts, @Nullable KvCache cache) {
  public ForwardInput {
    requireSameShape(ids, positions);
    if (starts != null) {
      requireSameShape(ids, starts);
    }
  }

  /** Rows without padding, or padded on the right. */
  public static ForwardInput of(Region region, Tensor ids) {
    return of(region, ids, new int[ids.shape().size(0)], null);
  }

  /**
   * Rows that begin with padding, or continue a cache whose rows do.
   *
   * @param padding the number of padded positions at the beginning of each row or of the cache
   */
  public static ForwardInput of(Region region, Tensor ids, int[] padding, @Nullable KvCache cache) {
    Shape shape = ids.shape();
    if (shape.rank() != 2 || padding.length != shape.size(0)) {
      throw new ShapeException(
          "[forward input] ids are [B, T] with a padding for each row; given %s and %d paddings"
              .formatted(ids, padding.length));
    }
    int length = cache == null ? 0 : cache.length();
    int[] positions = new int[shape.elementsExact()];
    int[] starts = new int[positions.length];
    boolean padded = false;
    for (int i = 0; i < positions.length; i++) {
      int row = i / shape.columns();
      positions[i] = Math.max(0, length + i % shape.columns() - padding[row]);
      starts[i] = padding[row];
      padded |= padding[row] > 0;
    }
    return new ForwardInput(
        ids,
        Tensors.of(region, shape, positions),
        padded ? Tensors.of(region, shape, starts) : null,
        cache);
  }

  /**
   * Rows of several texts, none of which sees another: attention and positions begin again with
   * each.
   *
   * @param starts [B*T], the position in its row at which the text of each token begins
   */
  public static ForwardInput packed(Region region, Tensor ids, int[] starts) {
    return new ForwardInput(
        ids,
        Tensors.of(region, ids.shape(), positions(starts, ids.shape().columns())),
        Tensors.of(region, ids.shape(), starts),
        null);
  }

  /**
   * The position of each token in its text.
   *
   * @param starts [B*T], the position in its row at which the text of each token begins
   * @param columns T
   */
  public static int[] positions(int[] starts, int columns) {
    int[] positions = new int[starts.length];
    Arrays.setAll(positions, i -> i % columns - starts[i]);
    return positions;
  }

  /** B: the number of rows. */
  public int batch() {
    return ids.shape().size(0);
  }

  /** T: the number of tokens in each row. */
  public int length() {
    return ids.shape().size(1);
  }

  private static void requireSameShape(Tensor ids, Tensor other) {
    if (ids.shape().rank() != 2
        || !other.shape().equals(ids.shape())
        || ids.dtype() != DType.I32
        || other.dtype() != DType.I32) {
      throw new ShapeException(
          "[forward input] ids, positions and starts are I32 [B, T]; given %s and %s"
              .formatted(ids, other));
    }
  }
}
