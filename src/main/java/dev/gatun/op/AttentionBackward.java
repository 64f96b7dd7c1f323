package dev.gatun.op;

import static dev.gatun.cpu.Simd.LENGTH;
import static dev.gatun.cpu.Simd.SPECIES;
import static dev.gatun.op.AttentionTile.KEYS;
import static dev.gatun.op.AttentionTile.QUERIES;
import static dev.gatun.op.AttentionTile.STRIP;
import static dev.gatun.op.AttentionTile.STRIPS;

import dev.gatun.cpu.Parallel;
import dev.gatun.cpu.Reductions;
import dev.gatun.cpu.TileProduct;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import org.jspecify.annotations.Nullable;

/**
 * The backward pass of {@link Attention}: the weights of a tile are computed again from q, k and
 * lse, and used for all three gradients at once.
 *
 * <pre>
 *   δ[i]    = Σ_c dy[i,c]·y[i,c]
 *   p[i,j]  = exp(s[i,j] - lse[i])            dv[j] += p[i,j]·dy[i]
 *   ds[i,j] = p[i,j]·(dy[i]·v[j] - δ[i])      dk[j] += ds[i,j]·scale·q[i]
 *                                             dq[i] += ds[i,j]·k[j], at the end times scale
 * </pre>
 *
 * <p>Dao, "FlashAttention-2", 2023, algorithm 2, with queries in the outer loop. One task is a head
 * of keys of one sequence with all the query heads that share it, so dk and dv have one writer:
 * their sums run over query heads, then queries, each ascending, and that of dq over keys.
 */
final class AttentionBackward {
  private static final ThreadLocal<@Nullable Scratch> OWN = new ThreadLocal<>();

  private final Attention op;
  private final AttentionSizes sizes;
  private final MemorySegment q;
  private final MemorySegment k;
  private final MemorySegment v;
  private final @Nullable MemorySegment starts;
  private final MemorySegment y;
  private final MemorySegment lse;
  private final MemorySegment dy;
  private final MemorySegment dq;
  private final MemorySegment dk;
  private final MemorySegment dv;

  AttentionBackward(
      Attention op,
      AttentionSizes sizes,
      MemorySegment q,
      MemorySegment k,
      MemorySegment v,
      @Nullable MemorySegment starts,
      MemorySegment y,
      MemorySegment lse,
      MemorySegment dy,
      MemorySegment dq,
      MemorySegment dk,
      MemorySegment dv) {
    this.op = op;
    this.sizes = sizes;
    this.q = q;
    this.k = k;
    this.v = v;
    this.starts = starts;
    this.y = y;
    this.lse = lse;
    this.dy = dy;
    this.dq = dq;
    this.dk = dk;
    this.dv = dv;
  }

  /** What the backward pass needs beside an {@link AttentionTile}. */
  private static final class Scratch {
    final int headDim;
    final float[] transposed; // [D][QUERIES]: dy
    final float[] rows; // [QUERIES][width]: dy
    final float[] scores = new float[KEYS * QUERIES]; // ds
    final float[] keys; // [KEYS][width]: dk
    final float[] values; // [KEYS][width]: dv
    final float[] delta = new float[QUERIES];

    Scratch(AttentionTile tile) {
      this.headDim = tile.headDim;
      this.transposed = new float[tile.transposed.length];
      this.rows = new float[tile.rows.length];
      this.keys = new float[tile.keys.length];
      this.values = new float[tile.values.length];
    }

    static Scratch own(AttentionTile tile) {
      Scratch scratch = OWN.get();
      if (scratch == null || scratch.headDim != tile.headDim) {
        scratch = new Scratch(tile);
        OWN.set(scratch);
      }
      return scratch;
    }
  }

  void run() {
    Parallel.run(
        sizes.batch() * sizes.groups(),
        task -> group(task / sizes.groups(), task % sizes.groups()));
  }

  private void group(int b, int g) {
    AttentionTile tile = AttentionTile.own(sizes.headDim());
    Scratch scratch = Scratch.own(tile);
    int[] written = new int[Math.ceilDiv(sizes.keys(), KEYS)];
    for (int h = g * sizes.sharing(); h < (g + 1) * sizes.sharing(); h++) {
      for (int t = 0; t < sizes.queries(); t += QUERIES) {
        queryTile(tile, scratch, written, b, h, t);
      }
    }
    clearUnseen(tile, written, b, g);
  }

  /** Zero for the keys that no query saw: in each tile those from {@code written} on. */
  private void clearUnseen(AttentionTile tile, int[] written, int b, int g) {
    Arrays.fill(tile.output, 0);
    for (int key = 0; key < sizes.keys(); key++) {
      if (key % KEYS >= written[key / KEYS]) {
        long offset = sizes.keyOffset(b, key, g);
        tile.writeRow(tile.output, 0, 1, dk, offset);
        tile.writeRow(tile.output, 0, 1, dv, offset);
      }
    }
  }

  /**
   * @param written for each tile of keys, how many of its rows dk and dv hold already
   */
  private void queryTile(AttentionTile tile, Scratch scratch, int[] written, int b, int h, int t) {
    int count = Math.min(QUERIES, sizes.queries() - t);
    long offset = sizes.queryOffset(b, t, h);
    tile.see(op, sizes, starts, b, t);
    tile.copyRows(q, offset, sizes.queryStride(), count, op.scale(), tile.rows);
    tile.transposeRows(q, offset, sizes.queryStride(), count, op.scale(), tile.transposed);
    tile.copyRows(dy, offset, sizes.queryStride(), count, 1, scratch.rows);
    tile.transposeRows(dy, offset, sizes.queryStride(), count, 1, scratch.transposed);
    statistics(tile, scratch, count, b, h, t);
    Arrays.fill(tile.output, 0);
    int end = tile.keysTo();
    for (int key = tile.keysFrom(); key < end; key += KEYS) {
      int keys = Math.min(KEYS, end - key);
      int before = written[key / KEYS];
      keyTile(tile, scratch, key, keys, before, b, h / sizes.sharing());
      written[key / KEYS] = Math.max(before, keys);
    }
    for (int i = 0; i < count; i++) {
      tile.writeRow(tile.output, i, op.scale(), dq, offset + i * sizes.queryStride());
    }
  }

  /** lse as the known maximum, and δ. */
  private void statistics(AttentionTile tile, Scratch scratch, int count, int b, int h, int t) {
    Arrays.fill(tile.max, 0);
    Arrays.fill(scratch.delta, 0);
    for (int i = 0; i < count; i++) {
      long offset = sizes.queryOffset(b, t + i, h);
      tile.max[i] = lse.getAtIndex(ValueLayout.JAVA_FLOAT, sizes.statistic(b, h, t + i));
      scratch.delta[i] = Reductions.dot(dy, offset, y, offset, sizes.headDim());
    }
  }

  private void keyTile(
      AttentionTile tile, Scratch scratch, int key, int count, int before, int b, int g) {
    long offset = sizes.keyOffset(b, key, g);
    long stride = sizes.keyStride();
    tile.copyRows(k, offset, stride, count, 1, tile.keys);
    tile.copyRows(v, offset, stride, count, 1, tile.values);
    continueFrom(tile, dk, offset, before, scratch.keys);
    continueFrom(tile, dv, offset, before, scratch.values);
    tile.at(key);
    tile.pairs(tile.keys, tile.transposed, tile.scores);
    tile.pairs(tile.values, scratch.transposed, scratch.scores);
    for (int strip = 0; strip < STRIPS; strip++) {
      if (tile.from[strip] < tile.to[strip]) {
        tile.mask(tile.scores, strip, Float.NEGATIVE_INFINITY);
        tile.mask(scratch.scores, strip, 0);
        tile.weigh(strip, true);
        differentiate(tile, scratch, strip);
        addQueries(tile, scratch, strip);
      }
    }
    addKeys(tile, tile.scores, scratch.rows, scratch.values);
    addKeys(tile, scratch.scores, tile.rows, scratch.keys);
    for (int j = 0; j < count; j++) {
      tile.writeRow(scratch.keys, j, 1, dk, offset + j * stride);
      tile.writeRow(scratch.values, j, 1, dv, offset + j * stride);
    }
  }

  /** A tile of dk or dv: what has been summed before, zero in the other rows. */
  private void continueFrom(
      AttentionTile tile, MemorySegment x, long offset, int before, float[] sums) {
    tile.copyRows(x, offset, sizes.keyStride(), before, 1, sums);
    Arrays.fill(sums, before * tile.width, KEYS * tile.width, 0);
  }

  /** {@code ds = p·(dp - δ)} for a strip. */
  private static void differentiate(AttentionTile tile, Scratch scratch, int strip) {
    float[] ds = scratch.scores;
    for (int i = strip * STRIP; i < (strip + 1) * STRIP; i += LENGTH) {
      FloatVector delta = FloatVector.fromArray(SPECIES, scratch.delta, i);
      for (int j = tile.from[strip]; j < tile.to[strip]; j++) {
        int at = j * QUERIES + i;
        FloatVector p = FloatVector.fromArray(SPECIES, tile.scores, at);
        FloatVector.fromArray(SPECIES, ds, at).sub(delta).mul(p).intoArray(ds, at);
      }
    }
  }

  /** {@code dq[i] += Σ_j ds[i,j]·k[j]} for a strip. */
  private static void addQueries(AttentionTile tile, Scratch scratch, int strip) {
    for (int i = strip * STRIP; i < (strip + 1) * STRIP; i += TileProduct.ROWS) {
      TileProduct.columns(
          scratch.scores,
          i,
          tile.keys,
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

  /** {@code c[j] += Σ_i a[j][i]·b[i]} wherever strips and blocks have a visible pair. */
  private static void addKeys(AttentionTile tile, float[] a, float[] b, float[] c) {
    for (int block = 0; block < KEYS; block += TileProduct.ROWS) {
      for (int strip = 0; strip < STRIPS; ) {
        int end = tile.runEnd(block, strip);
        if (end > strip) {
          TileProduct.rows(
              a,
              block * QUERIES,
              QUERIES,
              b,
              0,
              tile.width,
              c,
              block * tile.width,
              tile.width,
              tile.width,
              strip * STRIP,
              end * STRIP,
              true);
        }
        strip = Math.max(end, strip + 1);
      }
    }
  }
}
