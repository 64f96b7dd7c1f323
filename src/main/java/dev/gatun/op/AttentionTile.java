package dev.gatun.op;

import static dev.gatun.cpu.Simd.LENGTH;
import static dev.gatun.cpu.Simd.SPECIES;
import static dev.gatun.op.AttentionRows.PANEL;
import static dev.gatun.op.AttentionRows.PANEL_SIZE;

import dev.gatun.cpu.TileProduct;
import dev.gatun.cpu.VectorMath;
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
 * that a softmax needs no sum across lanes. Tiles of keys begin at multiples of {@value #KEYS}. A
 * strip of {@value #STRIP} queries, {@value TileProduct#ROWS} keys at a time, is computed only
 * where some pair is visible, which spares the upper half of a causal tile. All these numbers
 * belong to the algorithm, not to the hardware: they fix the order of summation.
 */
final class AttentionTile {
  static final int QUERIES = TileProduct.STRIDE;
  static final int KEYS = 64;
  static final int STRIP = 16;
  static final int STRIPS = QUERIES / STRIP;
  private static final int BLOCK = TileProduct.ROWS;

  private static final ThreadLocal<@Nullable AttentionTile> OWN = new ThreadLocal<>();

  final AttentionRows rows;
  final float[] transposed; // [D][QUERIES]: the queries, scaled
  final float[] scores = new float[(KEYS + 1) * QUERIES]; // and room for one more row
  final float[] output; // [QUERIES][D] in panels

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

  private AttentionTile(int headDim) {
    this.rows = new AttentionRows(headDim);
    this.transposed = new float[rows.size()];
    this.output = new float[rows.size()];
  }

  /** The tile of this thread, which is kept for the next call. */
  static AttentionTile own(int headDim) {
    AttentionTile tile = OWN.get();
    if (tile == null || tile.rows.headDim != headDim) {
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
   * {@code c[j][i] = Σ_d a[d][j]·b[d][i]} wherever strips and blocks have a visible pair.
   *
   * @param a [D][KEYS], from aAt on
   * @param b [D][QUERIES]
   * @param c [KEYS][QUERIES]
   */
  void pairs(float[] a, int aAt, float[] b, float[] c) {
    for (int block = 0; block < KEYS; block += BLOCK) {
      for (int strip = 0; strip < STRIPS; ) {
        int end = runEnd(block, strip);
        if (end > strip) {
          int i = strip * STRIP;
          int n = end * STRIP - i;
          TileProduct.scores(a, aAt + block, b, i, c, block * QUERIES + i, n, rows.headDim);
        }
        strip = Math.max(end, strip + 1);
      }
    }
  }

  /** Whether no query of a strip sees a key before the current tile. */
  boolean begins(int strip) {
    return someFrom[strip] >= firstKey;
  }

  /** {@code output[i] = output[i]·decay[i]} for a strip. */
  void scaleOutput(int strip) {
    int from = strip * STRIP;
    boolean changes = false;
    for (int i = from; i < from + STRIP; i++) {
      changes |= decay[i] != 1;
    }
    for (int panel = 0; changes && panel < rows.size(); panel += PANEL_SIZE) {
      for (int i = from; i < from + STRIP; i++) {
        for (int l = 0; l < PANEL; l += LENGTH) {
          int at = panel + i * PANEL + l;
          FloatVector.fromArray(SPECIES, output, at).mul(decay[i]).intoArray(output, at);
        }
      }
    }
  }

  /** {@code output[i] += Σ_j a[j][i]·b[j]} for a strip, b in panels from bAt on. */
  void addQueries(float[] a, float[] b, int bAt, int strip) {
    for (int panel = 0; panel < rows.size(); panel += PANEL_SIZE) {
      for (int i = strip * STRIP; i < (strip + 1) * STRIP; i += BLOCK) {
        TileProduct.columns(
            a, i, b, bAt + panel, output, panel + i * PANEL, from[strip], to[strip]);
      }
    }
  }

  /**
   * {@code c[j] += Σ_i a[j][i]·b[i]} wherever strips and blocks have a visible pair, b in panels
   * and c in panels from cAt on.
   */
  void addKeys(float[] a, float[] b, float[] c, int cAt) {
    for (int panel = 0; panel < rows.size(); panel += PANEL_SIZE) {
      for (int block = 0; block < KEYS; block += BLOCK) {
        int at = cAt + panel + block * PANEL;
        for (int strip = 0; strip < STRIPS; ) {
          int end = runEnd(block, strip);
          if (end > strip) {
            TileProduct.rows(a, block * QUERIES, b, panel, c, at, strip * STRIP, end * STRIP);
          }
          strip = Math.max(end, strip + 1);
        }
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

  /** Gives the invisible pairs of a strip a value of their own. */
  void mask(float[] x, int strip, float hidden) {
    int begin = firstKey + from[strip];
    int end = firstKey + to[strip];
    int clear = Math.clamp(allFrom[strip], begin, end); // all see the keys from here
    int blurred = Math.clamp(allTo[strip], clear, end); // to here
    mask(x, strip, hidden, begin, clear);
    mask(x, strip, hidden, blurred, end);
  }

  private void mask(float[] x, int strip, float hidden, int begin, int end) {
    for (int i = strip * STRIP; begin < end && i < (strip + 1) * STRIP; i += LENGTH) {
      FloatVector low = FloatVector.fromArray(SPECIES, first, i);
      FloatVector high = FloatVector.fromArray(SPECIES, last, i);
      for (int key = begin; key < end; key++) {
        int at = (key - firstKey) * QUERIES + i;
        VectorMask<Float> seen =
            low.compare(VectorOperators.LE, (float) key)
                .and(high.compare(VectorOperators.GE, (float) key));
        FloatVector.broadcast(SPECIES, hidden)
            .blend(FloatVector.fromArray(SPECIES, x, at), seen)
            .intoArray(x, at);
      }
    }
  }

  /**
   * Scores of a strip become weights {@code exp(s - max)}. Unless the maximum is known, it and the
   * sum run on: the past takes part as one more key whose score is the old maximum, and its weight
   * is the decay of what has been summed.
   *
   * <p>With more than 325 bytes of code it is never inlined, and it must not be: in a caller of
   * some size the compiler would no longer inline {@link VectorMath#exp} (NodeCountInliningCutoff),
   * and a vector that crosses a call lives on the heap. For the same reason there is one call of
   * exp.
   *
   * @param known whether {@link #max} is final: the lse, which makes the weights probabilities
   */
  void weigh(int strip, boolean known) {
    float[] s = scores;
    for (int i = strip * STRIP; i < (strip + 1) * STRIP; i += LENGTH) {
      int begin = from[strip] * QUERIES + i;
      int past = to[strip] * QUERIES + i;
      FloatVector old = FloatVector.fromArray(SPECIES, max, i);
      FloatVector top = old;
      for (int j = begin; !known && j < past; j += QUERIES) {
        FloatVector score = FloatVector.fromArray(SPECIES, s, j);
        top = top.blend(score, score.compare(VectorOperators.GT, top));
      }
      // A query that sees nothing has maximum -∞: a shift by 0 keeps its weights at 0.
      FloatVector shift = top.blend(0f, top.compare(VectorOperators.EQ, Float.NEGATIVE_INFINITY));
      old.intoArray(s, past);
      for (int j = begin; j <= past; j += QUERIES) {
        VectorMath.exp(FloatVector.fromArray(SPECIES, s, j).sub(shift)).intoArray(s, j);
      }
      if (known) {
        continue;
      }
      FloatVector p0 = FloatVector.zero(SPECIES); // key j goes to partial sum j mod 4
      FloatVector p1 = p0;
      FloatVector p2 = p0;
      FloatVector p3 = p0;
      for (int j = begin; j < past; j += 4 * QUERIES) {
        p0 = p0.add(FloatVector.fromArray(SPECIES, s, j));
        p1 = p1.add(FloatVector.fromArray(SPECIES, s, j + QUERIES));
        p2 = p2.add(FloatVector.fromArray(SPECIES, s, j + 2 * QUERIES));
        p3 = p3.add(FloatVector.fromArray(SPECIES, s, j + 3 * QUERIES));
      }
      FloatVector factor = FloatVector.fromArray(SPECIES, s, past);
      FloatVector total = FloatVector.fromArray(SPECIES, sum, i);
      total.fma(factor, p0.add(p2).add(p1.add(p3))).intoArray(sum, i);
      factor.intoArray(decay, i);
      top.intoArray(max, i);
    }
  }

  private static int roundUp(int value, int multiple) {
    return Math.ceilDiv(value, multiple) * multiple;
  }
}
