package dev.gatun.op;

import static dev.gatun.cpu.Simd.LENGTH;
import static dev.gatun.cpu.Simd.SPECIES;
import static dev.gatun.cpu.Simd.load;
import static dev.gatun.cpu.Simd.loadBelow;

import dev.gatun.cpu.TileProduct;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import org.jspecify.annotations.Nullable;

/**
 * The working memory of one thread for one tile of {@value #QUERIES} queries by {@value #KEYS}
 * keys, and which of its pairs are visible.
 *
 * <p>Scores are held as [key][query]: a vector holds the scores of one key for adjacent queries, so
 * that a softmax needs no sum across lanes, and only the queries are ever transposed. Tiles of keys
 * begin at multiples of {@value #KEYS}. A strip of {@value #STRIP} queries, {@value
 * TileProduct#ROWS} keys at a time, is computed only where some pair is visible, which spares the
 * upper half of a causal tile. All these numbers belong to the algorithm, not to the hardware: they
 * fix the order of summation.
 */
final class AttentionTile {
  static final int QUERIES = 64;
  static final int KEYS = 64;
  static final int STRIP = 16;
  static final int STRIPS = QUERIES / STRIP;
  private static final int BLOCK = TileProduct.ROWS;

  private static final ThreadLocal<@Nullable AttentionTile> OWN = new ThreadLocal<>();

  /** D, and D rounded up to whole {@link TileProduct#COLUMNS}; what lies between is zero. */
  final int headDim;

  final int width;

  final float[] transposed; // [D][QUERIES]: the queries, scaled
  final float[] rows; // [QUERIES][width]: the same, not transposed
  final float[] keys; // [KEYS][width]
  final float[] values; // [KEYS][width]
  final float[] scores = new float[KEYS * QUERIES];
  final float[] output; // [QUERIES][width]

  // The running softmax of each query: maximum, sum, and the factor of the last step.
  final float[] max = new float[QUERIES];
  final float[] sum = new float[QUERIES];
  final float[] decay = new float[QUERIES];

  /** The first and the last visible key of each query, exact as float. */
  private final float[] first = new float[QUERIES];

  private final float[] last = new float[QUERIES];

  /** For each strip, the keys that some and that all of its queries see. */
  private final int[] someFrom = new int[STRIPS];

  private final int[] someTo = new int[STRIPS];
  private final int[] allFrom = new int[STRIPS];
  private final int[] allTo = new int[STRIPS];

  /** For each strip, the rows of the current key tile to compute: whole blocks. */
  final int[] from = new int[STRIPS];

  final int[] to = new int[STRIPS];

  private int firstKey;

  AttentionTile(int headDim) {
    this.headDim = headDim;
    this.width = roundUp(headDim, TileProduct.COLUMNS);
    this.transposed = new float[headDim * QUERIES];
    this.rows = new float[QUERIES * width];
    this.keys = new float[KEYS * width];
    this.values = new float[KEYS * width];
    this.output = new float[QUERIES * width];
  }

  /** The tile of this thread, which is kept for the next call. */
  static AttentionTile own(int headDim) {
    AttentionTile tile = OWN.get();
    if (tile == null || tile.headDim != headDim) {
      tile = new AttentionTile(headDim);
      OWN.set(tile);
    }
    return tile;
  }

  /** Settles which keys the queries {@code t .. t + count - 1} of sequence b see. */
  void see(Attention op, AttentionSizes sizes, @Nullable MemorySegment starts, int b, int t) {
    int count = Math.min(QUERIES, sizes.queries() - t);
    Arrays.fill(someFrom, Integer.MAX_VALUE);
    Arrays.fill(someTo, 0);
    Arrays.fill(allFrom, 0);
    Arrays.fill(allTo, Integer.MAX_VALUE);
    for (int i = 0; i < QUERIES; i++) {
      int end = i < count ? op.offset() + t + i + 1 : 0;
      int begin = i < count ? op.firstKey(start(starts, sizes, b, t + i), t + i) : 0;
      first[i] = begin;
      last[i] = end - 1;
      int strip = i / STRIP;
      if (begin < end) {
        someFrom[strip] = Math.min(someFrom[strip], begin);
        someTo[strip] = Math.max(someTo[strip], end);
      }
      allFrom[strip] = Math.max(allFrom[strip], begin);
      allTo[strip] = Math.min(allTo[strip], end);
    }
  }

  static int start(@Nullable MemorySegment starts, AttentionSizes sizes, int b, int t) {
    return starts == null
        ? 0
        : starts.getAtIndex(ValueLayout.JAVA_INT, (long) b * sizes.queries() + t);
  }

  /** Where the first tile with a visible key begins. */
  int keysFrom() {
    int least = Integer.MAX_VALUE;
    for (int from : someFrom) {
      least = Math.min(least, from);
    }
    return least / KEYS * KEYS;
  }

  /** The end of the visible keys. */
  int keysTo() {
    int most = 0;
    for (int to : someTo) {
      most = Math.max(most, to);
    }
    return most;
  }

  /** Turns to the tile of keys that begins at a key. */
  void at(int key) {
    firstKey = key;
    for (int strip = 0; strip < STRIPS; strip++) {
      int begin = Math.max(someFrom[strip] - key, 0);
      int end = Math.min(someTo[strip] - key, KEYS);
      boolean any = begin < end;
      from[strip] = any ? begin / BLOCK * BLOCK : 0;
      to[strip] = any ? roundUp(end, BLOCK) : 0;
    }
  }

  /**
   * {@code c[j][i] = Σ_d a[j][d]·b[d][i]} wherever strips and blocks have a visible pair.
   *
   * @param a [KEYS][width]
   * @param b [D][QUERIES]
   * @param c [KEYS][QUERIES]
   */
  void pairs(float[] a, float[] b, float[] c) {
    for (int block = 0; block < KEYS; block += BLOCK) {
      for (int strip = 0; strip < STRIPS; ) {
        int end = runEnd(block, strip);
        if (end > strip) {
          TileProduct.run(
              a,
              block * width,
              width,
              1,
              b,
              strip * STRIP,
              QUERIES,
              c,
              block * QUERIES + strip * STRIP,
              QUERIES,
              (end - strip) * STRIP,
              0,
              headDim,
              false);
        }
        strip = Math.max(end, strip + 1);
      }
    }
  }

  /** The end of the strips from one on that see a block of keys without a gap. */
  int runEnd(int block, int strip) {
    int end = strip;
    while (end < STRIPS && from[end] <= block && block < to[end]) {
      end++;
    }
    return end;
  }

  /** Makes the scores of invisible pairs of a strip minus infinity. */
  void mask(int strip) {
    int begin = firstKey + from[strip];
    int end = firstKey + to[strip];
    if (begin >= allFrom[strip] && end <= allTo[strip]) {
      return;
    }
    for (int i = strip * STRIP; i < (strip + 1) * STRIP; i += LENGTH) {
      FloatVector low = FloatVector.fromArray(SPECIES, first, i);
      FloatVector high = FloatVector.fromArray(SPECIES, last, i);
      for (int key = begin; key < end; key++) {
        int at = (key - firstKey) * QUERIES + i;
        VectorMask<Float> hidden =
            low.compare(VectorOperators.GT, (float) key)
                .or(high.compare(VectorOperators.LT, (float) key));
        FloatVector.fromArray(SPECIES, scores, at)
            .blend(Float.NEGATIVE_INFINITY, hidden)
            .intoArray(scores, at);
      }
    }
  }

  /**
   * Copies rows of D elements out of native memory, times a factor; rows up to the next whole block
   * become zero.
   *
   * @param stride bytes from one row to the next
   * @param target [..][width]
   */
  void copyRows(
      MemorySegment x, long offset, long stride, int count, float factor, float[] target) {
    for (int row = 0; row < count; row++) {
      long source = offset + row * stride;
      int at = row * width;
      int c = 0;
      for (; c <= headDim - LENGTH; c += LENGTH) {
        load(x, source, c).mul(factor).intoArray(target, at + c);
      }
      if (c < headDim) {
        loadBelow(x, source, c, headDim).mul(factor).intoArray(target, at + c);
      }
    }
    Arrays.fill(target, count * width, roundUp(count, STRIP) * width, 0);
  }

  /** {@code target[d][i] = source[i][d]} for whole strips of queries. */
  void transpose(float[] source, int count, float[] target) {
    int end = roundUp(count, STRIP);
    for (int d = 0; d < headDim; d++) {
      for (int i = 0; i < end; i++) {
        target[d * QUERIES + i] = source[i * width + d];
      }
    }
  }

  private static int roundUp(int value, int multiple) {
    return Math.ceilDiv(value, multiple) * multiple;
  }
}
