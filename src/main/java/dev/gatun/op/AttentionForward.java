package dev.gatun.op;

import static dev.gatun.cpu.Simd.LENGTH;
import static dev.gatun.cpu.Simd.SPECIES;
import static dev.gatun.op.AttentionTile.KEYS;
import static dev.gatun.op.AttentionTile.QUERIES;
import static dev.gatun.op.AttentionTile.STRIP;
import static dev.gatun.op.AttentionTile.STRIPS;

import dev.gatun.cpu.Parallel;
import dev.gatun.cpu.TileProduct;
import dev.gatun.cpu.VectorMath;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import org.jspecify.annotations.Nullable;

/**
 * The forward pass of {@link Attention}, tile by tile with a running maximum and sum, so that no
 * matrix of all scores exists.
 *
 * <pre>
 *   for tiles of keys, ascending, and each query i:
 *     m' = max(m, max_j s[i,j])      p[i,j] = exp(s[i,j] - m')      α = exp(m - m')
 *     l  = l·α + Σ_j p[i,j]          o[i]   = o[i]·α + Σ_j p[i,j]·v[j]          m = m'
 *   y[i] = o[i] / l                  lse[i] = m + log l
 * </pre>
 *
 * <p>Milakov, Gimelshein, "Online normalizer calculation for softmax", 2018, algorithm 3; Dao,
 * "FlashAttention-2", 2023, algorithm 1. One task is a tile of queries of one head.
 */
final class AttentionForward {
  private final Attention op;
  private final AttentionSizes sizes;
  private final MemorySegment q;
  private final MemorySegment k;
  private final MemorySegment v;
  private final @Nullable MemorySegment starts;
  private final MemorySegment y;
  private final MemorySegment lse;

  AttentionForward(
      Attention op,
      AttentionSizes sizes,
      MemorySegment q,
      MemorySegment k,
      MemorySegment v,
      @Nullable MemorySegment starts,
      MemorySegment y,
      MemorySegment lse) {
    this.op = op;
    this.sizes = sizes;
    this.q = q;
    this.k = k;
    this.v = v;
    this.starts = starts;
    this.y = y;
    this.lse = lse;
  }

  void run() {
    int heads = sizes.batch() * sizes.heads();
    int tiles = Math.ceilDiv(sizes.queries(), QUERIES);
    Parallel.run(
        Math.multiplyExact(heads, tiles),
        task -> {
          int tile = tiles - 1 - task / heads; // later queries see more: the longest tasks first
          int head = task % heads;
          queryTile(head / sizes.heads(), head % sizes.heads(), tile * QUERIES);
        });
  }

  private void queryTile(int b, int h, int t) {
    AttentionTile tile = AttentionTile.own(sizes.headDim());
    int count = Math.min(QUERIES, sizes.queries() - t);
    tile.see(op, sizes, starts, b, t);
    long offset = sizes.queryOffset(b, t, h);
    tile.transposeRows(q, offset, sizes.queryStride(), count, op.scale(), tile.transposed);
    Arrays.fill(tile.output, 0);
    Arrays.fill(tile.max, Float.NEGATIVE_INFINITY);
    Arrays.fill(tile.sum, 0);
    int end = tile.keysTo();
    for (int key = tile.keysFrom(); key < end; key += KEYS) {
      int keys = Math.min(KEYS, end - key);
      long keyOffset = sizes.keyOffset(b, key, h / sizes.sharing());
      tile.copyRows(k, keyOffset, sizes.keyStride(), keys, 1, tile.keys);
      tile.copyRows(v, keyOffset, sizes.keyStride(), keys, 1, tile.values);
      tile.at(key);
      tile.pairs(tile.keys, tile.transposed, tile.scores);
      for (int strip = 0; strip < STRIPS; strip++) {
        if (tile.from[strip] < tile.to[strip]) {
          tile.mask(tile.scores, strip, Float.NEGATIVE_INFINITY);
          tile.weigh(strip, false);
          output(tile, strip);
        }
      }
    }
    for (int i = 0; i < count; i++) {
      finish(tile, i, sizes.queryOffset(b, t + i, h), sizes.statistic(b, h, t + i));
    }
  }

  /** {@code o[i] = o[i]·α[i] + Σ_j p[i,j]·v[j]} for a strip. */
  private static void output(AttentionTile tile, int strip) {
    for (int i = strip * STRIP; i < (strip + 1) * STRIP; i++) {
      for (int c = i * tile.width; tile.decay[i] != 1 && c < (i + 1) * tile.width; c += LENGTH) {
        FloatVector.fromArray(SPECIES, tile.output, c).mul(tile.decay[i]).intoArray(tile.output, c);
      }
    }
    for (int i = strip * STRIP; i < (strip + 1) * STRIP; i += TileProduct.ROWS) {
      TileProduct.columns(
          tile.scores,
          i,
          tile.values,
          0,
          tile.width,
          tile.output,
          i * tile.width,
          tile.width,
          tile.width,
          tile.from[strip],
          tile.to[strip],
          true);
    }
  }

  private void finish(AttentionTile tile, int i, long offset, long statistic) {
    float sum = tile.sum[i];
    boolean sawNothing = sum == 0;
    float inverse = sawNothing ? 0 : 1 / sum;
    tile.writeRow(tile.output, i, inverse, y, offset);
    lse.setAtIndex(
        ValueLayout.JAVA_FLOAT,
        statistic,
        sawNothing ? Float.NEGATIVE_INFINITY : tile.max[i] + VectorMath.log(sum));
  }
}
