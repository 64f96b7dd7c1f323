package dev.gatun.op;

import static dev.gatun.cpu.Simd.LENGTH;
import static dev.gatun.cpu.Simd.SPECIES;
import static dev.gatun.op.AttentionTile.KEYS;
import static dev.gatun.op.AttentionTile.QUERIES;
import static dev.gatun.op.AttentionTile.STRIP;

import dev.gatun.core.Philox;
import dev.gatun.tensor.Tensor;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/**
 * The factors 0 and 1/(1 - p) of the weights of {@link Attention}, tile by tile: those that {@link
 * Dropout} gives a matrix [B,H,T,S'] of all weights, S' being S rounded up to whole blocks of
 * {@link Philox}.
 *
 * <pre>
 *   keep[b,h,t,j] = uniform(key, stream, ((b·H + h)·T + t)·S' + j) ≥ p         S' = 4·⌈S/4⌉
 * </pre>
 *
 * <p>A number depends on what it is for and not on when, by whom or how often it is drawn; so the
 * backward pass, a recomputed block and a device draw the same ones.
 */
final class AttentionDropout {
  /** Keys that share a block of random words. */
  private static final int BLOCK = 4;

  private static final long WORD = 0xffffffffL;
  private static final VectorSpecies<Long> LONGS =
      VectorSpecies.of(long.class, SPECIES.vectorShape());
  private static final LongVector EVEN = LongVector.zero(LONGS).addIndex(2);

  private static final ThreadLocal<float @Nullable []> OWN = new ThreadLocal<>();

  private final Dropout op;
  private final long key;
  private final int blocks;

  private AttentionDropout(Dropout op, long key, int blocks) {
    this.op = op;
    this.key = key;
    this.blocks = blocks;
  }

  /**
   * The dropout of an attention.
   *
   * @param key I32 [2]
   * @param keys S
   */
  static AttentionDropout of(Dropout op, Tensor key, int keys) {
    return new AttentionDropout(op, Dropout.key(key), blocks(keys));
  }

  /** The blocks of random words that a row of weights takes: S'/4. */
  static int blocks(int keys) {
    return Math.ceilDiv(keys, BLOCK);
  }

  /** The factors of a tile, [KEYS][QUERIES]; they belong to the thread. */
  static float[] own() {
    float[] factors = OWN.get();
    if (factors == null) {
      factors = new float[KEYS * QUERIES];
      OWN.set(factors);
    }
    return factors;
  }

  /**
   * The factors of a strip of a tile: of the keys that its queries see.
   *
   * @param row the index of the first query of the tile in [B,H,T]
   * @param firstKey of the tile
   */
  void draw(AttentionTile tile, int strip, long row, int firstKey, float[] factors) {
    for (int i = strip * STRIP; i < (strip + 1) * STRIP; i += LENGTH) {
      long block = (row + i) * blocks + firstKey / BLOCK;
      for (int j = tile.from[strip]; j < tile.to[strip]; j += BLOCK) {
        draw(block + j / BLOCK, factors, j * QUERIES + i);
      }
    }
  }

  /**
   * One block for each of {@link dev.gatun.cpu.Simd#LENGTH} queries: a lane of longs is a block,
   * and the first vector has those of the even queries, so that its words, beside those of the odd
   * ones, are in order.
   *
   * @param block of the first query
   * @param at where the factors of the first key begin; those of the next lie a row on
   */
  private void draw(long block, float[] factors, int at) {
    LongVector even = EVEN.mul(blocks).add(block);
    LongVector odd = even.add(blocks);
    LongVector a0 = even.and(WORD);
    LongVector a1 = even.lanewise(VectorOperators.LSHR, 32);
    LongVector a2 = LongVector.broadcast(LONGS, op.stream() & WORD);
    LongVector a3 = LongVector.broadcast(LONGS, op.stream() >>> 32);
    LongVector b0 = odd.and(WORD);
    LongVector b1 = odd.lanewise(VectorOperators.LSHR, 32);
    LongVector b2 = a2;
    LongVector b3 = a3;
    int k0 = (int) key;
    int k1 = (int) (key >>> 32);
    for (int round = 0; round < Philox.ROUNDS; round++) {
      LongVector p0 = a0.mul(Philox.M0 & WORD);
      LongVector p1 = a2.mul(Philox.M1 & WORD);
      LongVector q0 = b0.mul(Philox.M0 & WORD);
      LongVector q1 = b2.mul(Philox.M1 & WORD);
      LongVector low = LongVector.broadcast(LONGS, k0 & WORD);
      LongVector high = LongVector.broadcast(LONGS, k1 & WORD);
      a0 = upper(p1).lanewise(VectorOperators.XOR, a1).lanewise(VectorOperators.XOR, low);
      a2 = upper(p0).lanewise(VectorOperators.XOR, a3).lanewise(VectorOperators.XOR, high);
      a1 = p1.and(WORD);
      a3 = p0.and(WORD);
      b0 = upper(q1).lanewise(VectorOperators.XOR, b1).lanewise(VectorOperators.XOR, low);
      b2 = upper(q0).lanewise(VectorOperators.XOR, b3).lanewise(VectorOperators.XOR, high);
      b1 = q1.and(WORD);
      b3 = q0.and(WORD);
      k0 += Philox.W0;
      k1 += Philox.W1;
    }
    factor(a0, b0, factors, at);
    factor(a1, b1, factors, at + QUERIES);
    factor(a2, b2, factors, at + 2 * QUERIES);
    factor(a3, b3, factors, at + 3 * QUERIES);
  }

  private static LongVector upper(LongVector product) {
    return product.lanewise(VectorOperators.LSHR, 32);
  }

  private void factor(LongVector even, LongVector odd, float[] factors, int at) {
    VectorMask<Float> keep =
        even.or(odd.lanewise(VectorOperators.LSHL, 32))
            .reinterpretAsInts()
            .lanewise(VectorOperators.LSHR, 8)
            .compare(VectorOperators.GE, op.threshold())
            .cast(SPECIES);
    FloatVector.zero(SPECIES).blend(op.scale(), keep).intoArray(factors, at);
  }

  /** {@code x[j][i] = x[j][i]·factors[j][i]} for a strip of a tile. */
  static void multiply(AttentionTile tile, int strip, float[] x, float[] factors) {
    for (int i = strip * STRIP; i < (strip + 1) * STRIP; i += LENGTH) {
      int to = tile.to[strip] * QUERIES + i;
      for (int at = tile.from[strip] * QUERIES + i; at < to; at += QUERIES) {
        FloatVector.fromArray(SPECIES, x, at)
            .mul(FloatVector.fromArray(SPECIES, factors, at))
            .intoArray(x, at);
      }
    }
  }
}
