package dev.gatun.cpu;

import static dev.gatun.cpu.Simd.LENGTH;
import static dev.gatun.cpu.Simd.SPECIES;

import dev.gatun.core.Nf4;
import dev.gatun.core.Q4Block;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * The vectors that stored weights are loaded as and unpacked with.
 *
 * <p>The loops that unpack name each step instead of sharing methods that return a vector: such a
 * method is large once compiled by itself, and the compiler then no longer inlines it but hands
 * vectors over as objects (measured: 8 times slower).
 */
final class Stored {
  static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, SPECIES.vectorShape());

  /** As many 16-bit numbers as a vector has lanes. */
  static final VectorSpecies<Short> SHORTS =
      VectorSpecies.of(short.class, VectorShape.forBitSize(SPECIES.vectorBitSize() / 2));

  /** As many bytes as a vector has lanes; 8 where that would be 4, which no vector holds. */
  static final VectorSpecies<Byte> BYTES =
      VectorSpecies.of(
          byte.class, VectorShape.forBitSize(Math.max(64, SPECIES.vectorBitSize() / 4)));

  /** The bits of a 4-bit code. */
  static final int NIBBLE = 15;

  /** The bits of the 16 values of NF4, LENGTH in each vector. */
  static final IntVector NF4_0 = nf4Values(0);

  static final IntVector NF4_1 = nf4Values(1);
  static final IntVector NF4_2 = nf4Values(2);
  static final IntVector NF4_3 = nf4Values(3);

  /** What the first LENGTH codes of q4_0 stand for when the scale is 1. */
  static final FloatVector Q4 = FloatVector.broadcast(SPECIES, -Q4Block.ZERO).addIndex(1);

  private Stored() {}

  /** Where to load {@link #BYTES} from for lanes {@code lane ..} of 16. */
  static int firstByte(int lane) {
    return LENGTH > 4 ? lane : lane & 8;
  }

  /** Which part of what is loaded there belongs to these lanes. */
  static int part(int lane) {
    return LENGTH > 4 ? 0 : lane >> 2 & 1;
  }

  private static IntVector nf4Values(int vector) {
    float[] values = Nf4.values();
    int[] bits = new int[LENGTH];
    for (int i = 0; i < LENGTH; i++) {
      bits[i] = Float.floatToRawIntBits(values[(vector * LENGTH + i) % values.length]);
    }
    return IntVector.fromArray(INTS, bits, 0);
  }
}
