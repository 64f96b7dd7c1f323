package dev.gatun.core;

/**
 * Philox4x32-10: random numbers as a function of a key and a counter, so that a number is addressed
 * rather than drawn. The same address gives the same bits on any thread, on a GPU and after resume.
 *
 * <p>Salmon, Moraes, Dror, Shaw: "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011, section 3.
 * The key is (seed), the counter is (index, stream).
 *
 * @param seed the key: 64 bits
 * @param stream the upper half of the counter: which tensor, step or purpose
 */
public record Philox(long seed, long stream) {
  /** The multipliers, the increments of the key and the number of rounds of Philox4x32-10. */
  public static final int M0 = 0xD2511F53;

  public static final int M1 = 0xCD9E8D57;
  public static final int W0 = 0x9E3779B9;
  public static final int W1 = 0xBB67AE85;
  public static final int ROUNDS = 10;
  private static final double TWO_POW_MINUS_53 = 0x1p-53;

  /** A generator for a purpose inside this one's stream; different purposes do not overlap. */
  public Philox derive(long purpose) {
    long mixed = block(purpose);
    return new Philox(seed, stream ^ mixed);
  }

  /** The 32 bits at an index: word (index mod 4) of block (index div 4). */
  public int bits(long index) {
    int c0 = (int) (index >>> 2);
    int c1 = (int) (index >>> 34);
    int c2 = (int) stream;
    int c3 = (int) (stream >>> 32);
    int k0 = (int) seed;
    int k1 = (int) (seed >>> 32);
    for (int round = 0; round < ROUNDS; round++) {
      long p0 = (M0 & 0xffffffffL) * (c0 & 0xffffffffL);
      long p1 = (M1 & 0xffffffffL) * (c2 & 0xffffffffL);
      c0 = (int) (p1 >>> 32) ^ c1 ^ k0;
      c2 = (int) (p0 >>> 32) ^ c3 ^ k1;
      c1 = (int) p1;
      c3 = (int) p0;
      k0 += W0;
      k1 += W1;
    }
    return switch ((int) (index & 3)) {
      case 0 -> c0;
      case 1 -> c1;
      case 2 -> c2;
      default -> c3;
    };
  }

  /** Uniform on [0, 1) with 24 bits. */
  public float uniform(long index) {
    return (bits(index) >>> 8) * 0x1p-24f;
  }

  /** Uniform on [0, 1) with 53 bits, from the two words of an index. */
  public double uniformDouble(long index) {
    return (block(index) >>> 11) * TWO_POW_MINUS_53;
  }

  /**
   * Standard normal by the Box-Muller transform in double, from the two words of an index.
   * StrictMath keeps the bits the same on every platform.
   */
  public double normal(long index) {
    double u1 = 1.0 - uniformDouble(2 * index);
    double u2 = uniformDouble(2 * index + 1);
    return StrictMath.sqrt(-2.0 * StrictMath.log(u1)) * StrictMath.cos(2.0 * Math.PI * u2);
  }

  /** Uniform on 0 .. bound-1, without bias beyond 2^-32 (a 64-bit multiply, not a modulus). */
  public int below(int bound, long index) {
    if (bound <= 0) {
      throw new IllegalArgumentException("bound must be positive, not " + bound);
    }
    return (int) Math.unsignedMultiplyHigh(block(index), bound);
  }

  /** A permutation of 0 .. n-1 by Fisher-Yates, addressed by this generator alone. */
  public int[] permutation(int n) {
    int[] order = new int[n];
    for (int i = 0; i < n; i++) {
      order[i] = i;
    }
    for (int i = n - 1; i > 0; i--) {
      int j = below(i + 1, i);
      int swapped = order[i];
      order[i] = order[j];
      order[j] = swapped;
    }
    return order;
  }

  private long block(long index) {
    return (bits(2 * index) & 0xffffffffL) << 32 | (bits(2 * index + 1) & 0xffffffffL);
  }
}
