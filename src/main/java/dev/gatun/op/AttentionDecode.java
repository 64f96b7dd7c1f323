package dev.gatun.op;

import static dev.gatun.cpu.Simd.LANES;
import static dev.gatun.cpu.Simd.LENGTH;
import static dev.gatun.cpu.Simd.SPECIES;

import dev.gatun.cpu.Parallel;
import dev.gatun.cpu.Simd;
import dev.gatun.cpu.VectorMath;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import org.jspecify.annotations.Nullable;

/**
 * The forward pass of {@link Attention} for a single query of each sequence: decoding with a cache.
 *
 * <pre>
 *   for each chunk c of keys, in parallel:
 *     m_c = max_j s[j]     l_c = Σ_j exp(s[j] - m_c)     o_c = Σ_j exp(s[j] - m_c)·v[j]
 *   m = max_c m_c     w_c = exp(m_c - m)     l = Σ_c w_c·l_c     y = Σ_c w_c·o_c / l
 * </pre>
 *
 * <p>A chunk is {@value #CHUNK} adjacent keys with all their heads, so keys and values are read
 * once, in the order in which they lie in memory, and by all threads whatever the number of heads.
 * (One head after the other jumps from row to row, measured at a third of the speed of memory.) A
 * score is a sum over d of 16 interleaved partial sums as {@link Simd} defines it, an output one
 * chain of fma over the keys of a chunk. Dao et al., "Flash-Decoding for long-context inference",
 * 2023.
 */
final class AttentionDecode {
  private static final int CHUNK = 64;
  private static final int GRAIN = 1 << 14;

  /** Keys in flight: those of one block are read side by side. */
  private static final int BLOCK = 4;

  private static final ThreadLocal<@Nullable Scratch> OWN = new ThreadLocal<>();

  private final Attention op;
  private final AttentionSizes sizes;
  private final MemorySegment q;
  private final MemorySegment k;
  private final MemorySegment v;
  private final @Nullable MemorySegment starts;
  private final MemorySegment y;
  private final MemorySegment lse;

  /** D rounded up to whole {@link Simd#LANES}. */
  private final int width;

  AttentionDecode(
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
    this.width = Math.ceilDiv(sizes.headDim(), LANES) * LANES;
  }

  /** What one thread works on, and what its calls hand to all threads. */
  private static final class Scratch {
    float[] scores = new float[0]; // [H][CHUNK]
    float[] rows = new float[0]; // [BLOCK][G][D]
    final float[] products = new float[BLOCK * LANES];
    float[] queries = new float[0]; // [B][H][width]
    float[] partial = new float[0]; // [B][chunks][H][width]
    float[] statistics = new float[0]; // [B][chunks][H]: m, l

    static Scratch own() {
      Scratch scratch = OWN.get();
      if (scratch == null) {
        scratch = new Scratch();
        OWN.set(scratch);
      }
      return scratch;
    }

    /** An array that holds this many floats; it grows to powers of two, so it rarely does. */
    static float[] atLeast(float[] array, long floats) {
      int length = Math.toIntExact(floats);
      return array.length >= length ? array : new float[Integer.highestOneBit(length) << 1];
    }
  }

  void run() {
    Scratch shared = Scratch.own();
    int heads = sizes.heads();
    int firstChunk = op.firstKey(0, 0) / CHUNK;
    int chunks = op.offset() / CHUNK + 1 - firstChunk;
    int tasks = Math.multiplyExact(sizes.batch(), chunks);
    shared.queries = Scratch.atLeast(shared.queries, (long) sizes.batch() * heads * width);
    shared.partial = Scratch.atLeast(shared.partial, (long) tasks * heads * width);
    shared.statistics = Scratch.atLeast(shared.statistics, 2L * tasks * heads);
    for (int row = 0; row < sizes.batch() * heads; row++) {
      scaleQuery(row, shared.queries);
    }
    Parallel.run(
        tasks, task -> chunk(shared, task / chunks, firstChunk + task % chunks, task * heads));
    Parallel.range(
        0,
        sizes.batch() * heads,
        Math.max(1, GRAIN / (chunks * width)),
        (from, to) -> {
          for (int row = from; row < to; row++) {
            combine(shared, row / heads, row % heads, chunks);
          }
        });
  }

  private void scaleQuery(int row, float[] queries) {
    int d = sizes.headDim();
    int at = row * width;
    long offset = sizes.queryOffset(row / sizes.heads(), 0, row % sizes.heads());
    MemorySegment.copy(q, ValueLayout.JAVA_FLOAT, offset, queries, at, d);
    for (int i = at; i < at + d; i++) {
      queries[i] *= op.scale();
    }
    Arrays.fill(queries, at + d, at + width, 0);
  }

  /** The statistics and the output of one chunk for all heads, into the rows from one on. */
  private void chunk(Scratch shared, int b, int chunk, int row) {
    int first = op.firstKey(AttentionTile.start(starts, sizes, b, 0), 0);
    int from = Math.max(first, chunk * CHUNK);
    int to = Math.min(op.offset() + 1, (chunk + 1) * CHUNK);
    int heads = sizes.heads();
    int query = b * heads * width;
    Scratch own = Scratch.own();
    own.scores = Scratch.atLeast(own.scores, (long) heads * CHUNK);
    own.rows = Scratch.atLeast(own.rows, (long) BLOCK * sizes.groups() * sizes.headDim());
    for (int key = from; key < to; key += BLOCK) {
      int count = Math.min(BLOCK, to - key);
      read(k, b, key, count, own.rows);
      for (int h = 0; h < heads; h++) {
        int head = h / sizes.sharing() * sizes.headDim();
        multiply(own.rows, head, count, shared.queries, query + h * width, own.products);
        sumRows(own.products, count, own.scores, h * CHUNK + key - from);
      }
    }
    Arrays.fill(shared.partial, row * width, (row + heads) * width, 0);
    for (int h = 0; h < heads; h++) {
      weigh(own.scores, h * CHUNK, Math.max(0, to - from), shared.statistics, 2 * (row + h));
    }
    for (int key = from; key < to; key += BLOCK) {
      int count = Math.min(BLOCK, to - key);
      read(v, b, key, count, own.rows);
      for (int h = 0; h < heads; h++) {
        int head = h / sizes.sharing() * sizes.headDim();
        mix(
            own.rows,
            head,
            count,
            own.scores,
            h * CHUNK + key - from,
            shared.partial,
            (row + h) * width);
      }
    }
  }

  /** All heads of some keys or values; of more than one, the rows follow each other. */
  private void read(MemorySegment x, int b, int key, int count, float[] rows) {
    int floats = count * sizes.groups() * sizes.headDim();
    MemorySegment.copy(x, ValueLayout.JAVA_FLOAT, sizes.keyOffset(b, key, 0), rows, 0, floats);
  }

  /**
   * The 16 partial sums of {@code Σ_d k[j][d]·q[d]} for up to {@value #BLOCK} keys, which share the
   * loads of q. Of fewer keys the last is repeated.
   */
  private void multiply(float[] k, int head, int count, float[] q, int query, float[] products) {
    int d = sizes.headDim();
    int row = sizes.groups() * d;
    int k1 = head + Math.min(1, count - 1) * row;
    int k2 = head + Math.min(2, count - 1) * row;
    int k3 = head + Math.min(3, count - 1) * row;
    for (int lane = 0; lane < LANES; lane += LENGTH) {
      FloatVector s0 = FloatVector.zero(SPECIES);
      FloatVector s1 = s0;
      FloatVector s2 = s0;
      FloatVector s3 = s0;
      int c = lane;
      for (; c <= d - LENGTH; c += LANES) {
        FloatVector x = FloatVector.fromArray(SPECIES, q, query + c);
        s0 = FloatVector.fromArray(SPECIES, k, head + c).fma(x, s0);
        s1 = FloatVector.fromArray(SPECIES, k, k1 + c).fma(x, s1);
        s2 = FloatVector.fromArray(SPECIES, k, k2 + c).fma(x, s2);
        s3 = FloatVector.fromArray(SPECIES, k, k3 + c).fma(x, s3);
      }
      if (c < d) {
        VectorMask<Float> mask = SPECIES.indexInRange(c, d);
        FloatVector x = FloatVector.fromArray(SPECIES, q, query + c);
        s0 = FloatVector.fromArray(SPECIES, k, head + c, mask).fma(x, s0);
        s1 = FloatVector.fromArray(SPECIES, k, k1 + c, mask).fma(x, s1);
        s2 = FloatVector.fromArray(SPECIES, k, k2 + c, mask).fma(x, s2);
        s3 = FloatVector.fromArray(SPECIES, k, k3 + c, mask).fma(x, s3);
      }
      s0.intoArray(products, lane);
      s1.intoArray(products, LANES + lane);
      s2.intoArray(products, 2 * LANES + lane);
      s3.intoArray(products, 3 * LANES + lane);
    }
  }

  /**
   * Scores of one head become weights {@code exp(s - m)}; m and l follow. Longer than 325 bytes of
   * code for the reason given at {@link AttentionTile#weigh}.
   */
  private static void weigh(float[] s, int from, int count, float[] statistics, int at) {
    if (count == 0) {
      statistics[at] = Float.NEGATIVE_INFINITY;
      statistics[at + 1] = 0;
      return;
    }
    int to = from + Math.ceilDiv(count, LANES) * LANES;
    Arrays.fill(s, from + count, to, Float.NEGATIVE_INFINITY);
    FloatVector tops = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
    for (int j = from; j < to; j += LENGTH) {
      FloatVector score = FloatVector.fromArray(SPECIES, s, j);
      tops = tops.blend(score, score.compare(VectorOperators.GT, tops));
    }
    float max = tops.reduceLanes(VectorOperators.MAX);
    // Where all scores have overflowed to -∞, shifting by 0 keeps the weights at 0.
    float shift = max == Float.NEGATIVE_INFINITY ? 0 : max;
    for (int j = from; j < to; j += LENGTH) {
      VectorMath.exp(FloatVector.fromArray(SPECIES, s, j).sub(shift)).intoArray(s, j);
    }
    FloatVector s0 = FloatVector.zero(SPECIES);
    FloatVector s1 = s0;
    FloatVector s2 = s0;
    FloatVector s3 = s0;
    for (int j = from; j < to; j += LANES) {
      s0 = s0.add(FloatVector.fromArray(SPECIES, s, j));
      if (LENGTH <= 8) {
        s1 = s1.add(FloatVector.fromArray(SPECIES, s, j + LENGTH));
      }
      if (LENGTH == 4) {
        s2 = s2.add(FloatVector.fromArray(SPECIES, s, j + 2 * LENGTH));
        s3 = s3.add(FloatVector.fromArray(SPECIES, s, j + 3 * LENGTH));
      }
    }
    statistics[at] = max;
    statistics[at + 1] = Simd.sumLanes(s0, s1, s2, s3);
  }

  /** {@code scores[j] = Σ products[j]} in the order of {@link Simd}. */
  private static void sumRows(float[] products, int count, float[] scores, int at) {
    for (int j = 0; j < count; j++) {
      FloatVector s0 = FloatVector.fromArray(SPECIES, products, j * LANES);
      FloatVector s1 = s0;
      FloatVector s2 = s0;
      FloatVector s3 = s0;
      if (LENGTH <= 8) {
        s1 = FloatVector.fromArray(SPECIES, products, j * LANES + LENGTH);
      }
      if (LENGTH == 4) {
        s2 = FloatVector.fromArray(SPECIES, products, j * LANES + 2 * LENGTH);
        s3 = FloatVector.fromArray(SPECIES, products, j * LANES + 3 * LENGTH);
      }
      scores[at + j] = Simd.sumLanes(s0, s1, s2, s3);
    }
  }

  /**
   * {@code o[c] += Σ_j p[j]·v[j][c]} for up to {@value #BLOCK} keys. Of fewer keys the last is
   * repeated with the weight 0 that ends a row of weights.
   */
  private void mix(float[] v, int head, int count, float[] p, int weight, float[] o, int at) {
    int d = sizes.headDim();
    int row = sizes.groups() * d;
    int v1 = head + Math.min(1, count - 1) * row;
    int v2 = head + Math.min(2, count - 1) * row;
    int v3 = head + Math.min(3, count - 1) * row;
    FloatVector p0 = FloatVector.broadcast(SPECIES, p[weight]);
    FloatVector p1 = FloatVector.broadcast(SPECIES, p[weight + 1]);
    FloatVector p2 = FloatVector.broadcast(SPECIES, p[weight + 2]);
    FloatVector p3 = FloatVector.broadcast(SPECIES, p[weight + 3]);
    int c = 0;
    for (; c <= d - LENGTH; c += LENGTH) {
      FloatVector sum = FloatVector.fromArray(SPECIES, o, at + c);
      sum = FloatVector.fromArray(SPECIES, v, head + c).fma(p0, sum);
      sum = FloatVector.fromArray(SPECIES, v, v1 + c).fma(p1, sum);
      sum = FloatVector.fromArray(SPECIES, v, v2 + c).fma(p2, sum);
      sum = FloatVector.fromArray(SPECIES, v, v3 + c).fma(p3, sum);
      sum.intoArray(o, at + c);
    }
    if (c < d) {
      VectorMask<Float> mask = SPECIES.indexInRange(c, d);
      FloatVector sum = FloatVector.fromArray(SPECIES, o, at + c, mask);
      sum = FloatVector.fromArray(SPECIES, v, head + c, mask).fma(p0, sum);
      sum = FloatVector.fromArray(SPECIES, v, v1 + c, mask).fma(p1, sum);
      sum = FloatVector.fromArray(SPECIES, v, v2 + c, mask).fma(p2, sum);
      sum = FloatVector.fromArray(SPECIES, v, v3 + c, mask).fma(p3, sum);
      sum.intoArray(o, at + c, mask);
    }
  }

  /** y and lse of one head from those of its chunks, ascending. */
  private void combine(Scratch shared, int b, int h, int chunks) {
    float[] statistics = shared.statistics;
    int row = b * chunks * sizes.heads() + h;
    float max = Float.NEGATIVE_INFINITY;
    for (int c = 0; c < chunks; c++) {
      max = Math.max(max, statistics[2 * (row + c * sizes.heads())]);
    }
    float shift = max == Float.NEGATIVE_INFINITY ? 0 : max;
    float sum = 0;
    float[] o = new float[width];
    for (int c = 0; c < chunks; c++) {
      int from = row + c * sizes.heads();
      float factor = VectorMath.exp(statistics[2 * from] - shift);
      sum = Math.fma(factor, statistics[2 * from + 1], sum);
      for (int i = 0; i < width; i += LENGTH) {
        FloatVector.fromArray(SPECIES, shared.partial, from * width + i)
            .mul(factor)
            .add(FloatVector.fromArray(SPECIES, o, i))
            .intoArray(o, i);
      }
    }
    float inverse = sum == 0 ? 0 : 1 / sum;
    long offset = sizes.outputOffset(b, 0, h);
    for (int i = 0; i < sizes.headDim(); i++) {
      y.set(ValueLayout.JAVA_FLOAT, offset + 4L * i, o[i] * inverse);
    }
    lse.setAtIndex(ValueLayout.JAVA_FLOAT, sizes.statistic(b, h, 0), shift + VectorMath.log(sum));
  }
}
