package dev.gatun.op;

import static dev.gatun.cpu.Simd.LENGTH;
import static dev.gatun.cpu.Simd.SPECIES;
import static dev.gatun.op.AttentionTile.KEYS;
import static dev.gatun.op.AttentionTile.QUERIES;
import static dev.gatun.op.AttentionTile.STRIP;
import static dev.gatun.op.AttentionTile.STRIPS;

import dev.gatun.cpu.Parallel;
import dev.gatun.cpu.Reductions;
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
  private final @Nullable AttentionDropout dropout;
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
      @Nullable AttentionDropout dropout,
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
    this.dropout = dropout;
    this.y = y;
    this.lse = lse;
    this.dy = dy;
    this.dq = dq;
    this.dk = dk;
    this.dv = dv;
  }

  /** What the backward pass needs of the queries beside an {@link AttentionTile}. */
  private static final class Scratch {
    final AttentionRows rows;
    final float[] queries; // [QUERIES][D] in panels: q, scaled
    final float[] gradients; // [QUERIES][D] in panels: dy
    final float[] transposed; // [D][QUERIES]: dy
    final float[] scores = new float[KEYS * QUERIES]; // ds
    final float[] delta = new float[QUERIES];

    Scratch(int headDim) {
      this.rows = new AttentionRows(headDim);
      this.queries = new float[rows.size()];
      this.gradients = new float[rows.size()];
      this.transposed = new float[rows.size()];
    }

    static Scratch own(int headDim) {
      Scratch scratch = OWN.get();
      if (scratch == null || scratch.rows.headDim != headDim) {
        scratch = new Scratch(headDim);
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
    AttentionHead head = AttentionHead.own(sizes.headDim());
    Scratch scratch = Scratch.own(sizes.headDim());
    head.beginBackward(sizes.keys());
    for (int h = g * sizes.sharing(); h < (g + 1) * sizes.sharing(); h++) {
      for (int t = 0; t < sizes.queries(); t += QUERIES) {
        queryTile(tile, head, scratch, b, h, t);
      }
    }
    for (int key = 0; key < sizes.keys(); key += KEYS) {
      write(head, key, b, g);
    }
  }

  private void queryTile(
      AttentionTile tile, AttentionHead head, Scratch scratch, int b, int h, int t) {
    int count = Math.min(QUERIES, sizes.queries() - t);
    long offset = sizes.queryOffset(b, t, h);
    long stride = sizes.queryStride();
    long output = sizes.outputOffset(b, t, h);
    long outputStride = sizes.outputStride();
    tile.see(op, sizes, starts, b, t);
    tile.rows.copy(q, offset, stride, count, op.scale(), scratch.queries, 0);
    tile.rows.transpose(q, offset, stride, count, op.scale(), tile.transposed, 0);
    tile.rows.copy(dy, output, outputStride, count, 1, scratch.gradients, 0);
    tile.rows.transpose(dy, output, outputStride, count, 1, scratch.transposed, 0);
    statistics(tile, scratch, count, b, h, t);
    Arrays.fill(tile.output, 0);
    int end = tile.keysTo();
    for (int key = tile.keysFrom(); key < end; key += KEYS) {
      if (head.admit(key)) {
        read(head, key, b, h / sizes.sharing());
      }
      keyTile(tile, head, scratch, key, sizes.statistic(b, h, t));
    }
    tile.rows.write(tile.output, 0, count, op.scale(), dq, offset, stride);
  }

  /** lse as the known maximum, and δ. */
  private void statistics(AttentionTile tile, Scratch scratch, int count, int b, int h, int t) {
    Arrays.fill(tile.max, 0);
    Arrays.fill(scratch.delta, 0);
    long first = sizes.statistic(b, h, t);
    MemorySegment.copy(lse, ValueLayout.JAVA_FLOAT, Float.BYTES * first, tile.max, 0, count);
    for (int i = 0; i < count; i++) {
      long offset = sizes.outputOffset(b, t + i, h);
      scratch.delta[i] = Reductions.dot(dy, offset, y, offset, sizes.headDim());
    }
  }

  /** A tile of keys and values; its sums begin at 0. */
  private void read(AttentionHead head, int key, int b, int g) {
    AttentionRows rows = head.rows;
    int count = Math.min(KEYS, op.offset() + sizes.queries() - key);
    long offset = sizes.keyOffset(b, key, g);
    long stride = sizes.keyStride();
    int at = head.at(key);
    rows.copy(k, offset, stride, count, 1, head.keys, at);
    rows.transpose(k, offset, stride, count, 1, head.transposedKeys, at);
    rows.transpose(v, offset, stride, count, 1, head.transposedValues, at);
    Arrays.fill(head.keyGradients, at, at + rows.size(), 0);
    Arrays.fill(head.valueGradients, at, at + rows.size(), 0);
  }

  /** A tile of dk and dv; 0 for keys that no query sees. */
  private void write(AttentionHead head, int key, int b, int g) {
    AttentionRows rows = head.rows;
    int count = Math.min(KEYS, sizes.keys() - key);
    long offset = sizes.keyOffset(b, key, g);
    long stride = sizes.keyStride();
    int at = head.at(key);
    if (!head.holds(key)) {
      Arrays.fill(head.keyGradients, at, at + rows.size(), 0);
      Arrays.fill(head.valueGradients, at, at + rows.size(), 0);
    }
    rows.write(head.keyGradients, at, count, 1, dk, offset, stride);
    rows.write(head.valueGradients, at, count, 1, dv, offset, stride);
  }

  private void keyTile(AttentionTile tile, AttentionHead head, Scratch scratch, int key, long row) {
    int at = head.at(key);
    tile.at(key);
    tile.pairs(head.transposedKeys, at, tile.transposed, tile.scores);
    tile.pairs(head.transposedValues, at, scratch.transposed, scratch.scores);
    for (int strip = 0; strip < STRIPS; strip++) {
      if (tile.from[strip] < tile.to[strip]) {
        tile.mask(tile.scores, strip, Float.NEGATIVE_INFINITY);
        tile.mask(scratch.scores, strip, 0);
        tile.weigh(strip, true);
        if (dropout == null) {
          differentiate(tile, scratch, strip);
        } else {
          differentiate(dropout, tile, scratch, strip, row, key);
        }
        tile.addQueries(scratch.scores, head.keys, at, strip);
      }
    }
    tile.addKeys(tile.scores, scratch.gradients, head.valueGradients, at);
    tile.addKeys(scratch.scores, scratch.queries, head.keyGradients, at);
  }

  /** {@code ds = p·(m·dp - δ)} and then {@code p = m·p} for a strip. */
  private static void differentiate(
      AttentionDropout dropout, AttentionTile tile, Scratch scratch, int strip, long row, int key) {
    float[] factors = AttentionDropout.own();
    dropout.draw(tile, strip, row, key, factors);
    AttentionDropout.multiply(tile, strip, scratch.scores, factors);
    differentiate(tile, scratch, strip);
    AttentionDropout.multiply(tile, strip, tile.scores, factors);
  }

  /** {@code ds = p·(dp - δ)} for a strip. */
  private static void differentiate(AttentionTile tile, Scratch scratch, int strip) {
    float[] ds = scratch.scores;
    float[] p = tile.scores;
    for (int i = strip * STRIP; i < (strip + 1) * STRIP; i += LENGTH) {
      FloatVector delta = FloatVector.fromArray(SPECIES, scratch.delta, i);
      int to = tile.to[strip] * QUERIES + i;
      for (int at = tile.from[strip] * QUERIES + i; at < to; at += QUERIES) {
        FloatVector weight = FloatVector.fromArray(SPECIES, p, at);
        FloatVector.fromArray(SPECIES, ds, at).sub(delta).mul(weight).intoArray(ds, at);
      }
    }
  }
}
