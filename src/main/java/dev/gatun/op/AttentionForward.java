package dev.gatun.op;

import static dev.gatun.op.AttentionTile.KEYS;
import static dev.gatun.op.AttentionTile.QUERIES;
import static dev.gatun.op.AttentionTile.STRIPS;

import dev.gatun.cpu.Parallel;
import dev.gatun.cpu.VectorMath;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The forward pass of {@link Attention}, tile by tile with a running maximum and sum, so that no
 * matrix of all scores exists.
 *
 * <pre>
 *   for tiles of keys, ascending, and each query i:
 *     m' = max(m, max_j s[i,j])      p[i,j] = exp(s[i,j] - m')      α = exp(m - m')
 *     l  = l·α + Σ_j p[i,j]          o[i]   = o[i]·α + Σ_j p[i,j]·v[j]          m = m'
 *                                    with dropout, of p[i,j] times its factor
 *   y[i] = o[i] / l                  lse[i] = m + log l
 * </pre>
 *
 * <p>Milakov, Gimelshein, "Online normalizer calculation for softmax", 2018, algorithm 3; Dao,
 * "FlashAttention-2", 2023, algorithm 1. One task is a head of keys with all tiles of the queries
 * that share it, or a part of them where there are few heads for many threads.
 */
final class AttentionForward {
  /** Several, so that a thread that is held up does not hold up the others. */
  private static final int PARTS_PER_THREAD = 4;

  private final Attention op;
  private final AttentionSizes sizes;
  private final MemorySegment q;
  private final MemorySegment k;
  private final MemorySegment v;
  private final @Nullable MemorySegment starts;
  private final @Nullable AttentionDropout dropout;
  private final MemorySegment y;
  private final MemorySegment lse;

  AttentionForward(
      Attention op,
      AttentionSizes sizes,
      MemorySegment q,
      MemorySegment k,
      MemorySegment v,
      @Nullable MemorySegment starts,
      @Nullable AttentionDropout dropout,
      MemorySegment y,
      MemorySegment lse) {
    this.op = op;
    this.sizes = sizes;
    this.q = q;
    this.k = k;
    this.v = v;
    this.starts = starts;
    this.dropout = dropout;
    this.y = y;
    this.lse = lse;
  }

  void run() {
    int groups = sizes.batch() * sizes.groups();
    int tiles = sizes.sharing() * Math.ceilDiv(sizes.queries(), QUERIES);
    if (groups == 0 || tiles == 0) {
      return;
    }
    int parts = Math.clamp(Math.ceilDiv(PARTS_PER_THREAD * Parallel.threads(), groups), 1, tiles);
    Parallel.run(
        Math.multiplyExact(groups, parts),
        task -> {
          int group = task % groups;
          part(group / sizes.groups(), group % sizes.groups(), task / groups, parts);
        });
  }

  /** Each {@code parts}-th tile of the queries that share a head of keys, the last first. */
  private void part(int b, int g, int part, int parts) {
    AttentionTile tile = AttentionTile.own(sizes.headDim());
    AttentionHead head = AttentionHead.own(sizes.headDim());
    int keys = op.offset() + sizes.queries();
    head.beginForward(keys);
    int tiles = Math.ceilDiv(sizes.queries(), QUERIES);
    for (int n = part; n < tiles * sizes.sharing(); n += parts) {
      int t = (tiles - 1 - n / sizes.sharing()) * QUERIES;
      queryTile(tile, head, keys, b, g * sizes.sharing() + n % sizes.sharing(), t);
    }
  }

  private void queryTile(AttentionTile tile, AttentionHead head, int keys, int b, int h, int t) {
    int count = Math.min(QUERIES, sizes.queries() - t);
    tile.see(op, sizes, starts, b, t);
    long offset = sizes.queryOffset(b, t, h);
    tile.rows.transpose(q, offset, sizes.queryStride(), count, op.scale(), tile.transposed, 0);
    Arrays.fill(tile.output, 0);
    Arrays.fill(tile.max, Float.NEGATIVE_INFINITY);
    Arrays.fill(tile.sum, 0);
    int end = tile.keysTo();
    for (int key = tile.keysFrom(); key < end; key += KEYS) {
      int at = head.at(key);
      if (head.admit(key)) {
        int some = Math.min(KEYS, keys - key);
        long keyOffset = sizes.keyOffset(b, key, h / sizes.sharing());
        tile.rows.transpose(k, keyOffset, sizes.keyStride(), some, 1, head.transposedKeys, at);
        tile.rows.copy(v, keyOffset, sizes.keyStride(), some, 1, head.values, at);
      }
      tile.at(key);
      tile.pairs(head.transposedKeys, at, tile.transposed, tile.scores);
      for (int strip = 0; strip < STRIPS; strip++) {
        if (tile.from[strip] < tile.to[strip]) {
          tile.mask(tile.scores, strip, Float.NEGATIVE_INFINITY);
          tile.weigh(strip, false);
          if (dropout != null) {
            drop(dropout, tile, strip, sizes.statistic(b, h, t), key);
          }
          output(tile, head.values, at, strip);
        }
      }
    }
    finish(tile, count, sizes.statistic(b, h, t));
    long output = sizes.outputOffset(b, t, h);
    tile.rows.write(tile.output, 0, count, 1, y, output, sizes.outputStride());
  }

  private static void drop(
      AttentionDropout dropout, AttentionTile tile, int strip, long row, int key) {
    float[] factors = AttentionDropout.own();
    dropout.draw(tile, strip, row, key, factors);
    AttentionDropout.multiply(tile, strip, tile.scores, factors);
  }

  /** {@code o[i] = o[i]·α[i] + Σ_j p[i,j]·v[j]} for a strip. */
  private static void output(AttentionTile tile, float[] values, int at, int strip) {
    if (!tile.begins(strip)) {
      tile.scaleOutput(strip);
    }
    tile.addQueries(tile.scores, values, at, strip);
  }

  /** Divides by the sums, and writes lse. */
  private void finish(AttentionTile tile, int count, long statistic) {
    for (int i = 0; i < count; i++) {
      float sum = tile.sum[i];
      boolean sawNothing = sum == 0;
      tile.decay[i] = sawNothing ? 0 : 1 / sum;
      lse.setAtIndex(
          ValueLayout.JAVA_FLOAT,
          statistic + i,
          sawNothing ? Float.NEGATIVE_INFINITY : tile.max[i] + VectorMath.log(sum));
    }
    for (int strip = 0; strip < STRIPS; strip++) {
      tile.scaleOutput(strip);
    }
  }
}
