package dev.gatun.cpu;

import static dev.gatun.cpu.Simd.LENGTH;
import static dev.gatun.cpu.Simd.ORDER;
import static dev.gatun.cpu.Simd.SPECIES;

import dev.gatun.core.Nf4;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** Single vectors of stored weights, unpacked to F32. Offsets are in bytes. */
final class Stored {
  private static final VectorSpecies<Integer> INTS =
      VectorSpecies.of(int.class, SPECIES.vectorShape());

  private static final VectorSpecies<Short> SHORTS =
      VectorSpecies.of(short.class, VectorShape.forBitSize(SPECIES.vectorBitSize() / 2));

  /** As many bytes as a vector has lanes; 8 where that would be 4, which no vector holds. */
  private static final VectorSpecies<Byte> BYTES =
      VectorSpecies.of(
          byte.class, VectorShape.forBitSize(Math.max(64, SPECIES.vectorBitSize() / 4)));

  private static final int NIBBLE = 15;

  /** The bits of the 16 values of NF4, LENGTH in each vector. */
  private static final IntVector NF4_0 = nf4Values(0);

  private static final IntVector NF4_1 = nf4Values(1);
  private static final IntVector NF4_2 = nf4Values(2);
  private static final IntVector NF4_3 = nf4Values(3);

  private Stored() {}

  /** LENGTH elements of BF16. */
  static FloatVector bf16(MemorySegment x, long offset) {
    return widen(ShortVector.fromMemorySegment(SHORTS, x, offset, ORDER));
  }

  /** Elements i .. of a row of BF16, with zeros in the place of those from n on. */
  static FloatVector bf16Below(MemorySegment x, long row, int i, int n) {
    VectorMask<Short> below = SHORTS.indexInRange(i, n);
    return widen(ShortVector.fromMemorySegment(SHORTS, x, row + 2L * i, ORDER, below));
  }

  private static FloatVector widen(ShortVector halves) {
    IntVector bits = (IntVector) halves.convertShape(VectorOperators.ZERO_EXTEND_S2I, INTS, 0);
    return bits.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
  }

  /** Bytes {@code lane .. lane + LENGTH - 1} of the 16 at an offset, signed. */
  static FloatVector bytes(MemorySegment x, long offset, int lane) {
    if (LENGTH > 4) {
      ByteVector codes = ByteVector.fromMemorySegment(BYTES, x, offset + lane, ORDER);
      return (FloatVector) codes.convertShape(VectorOperators.B2F, SPECIES, 0);
    }
    ByteVector codes = ByteVector.fromMemorySegment(BYTES, x, offset + (lane & 8), ORDER);
    return (FloatVector) codes.convertShape(VectorOperators.B2F, SPECIES, lane >> 2 & 1);
  }

  /**
   * Halves of bytes {@code lane .. lane + LENGTH - 1} of the 16 at an offset, unsigned.
   *
   * @param shift 0 for the low halves, 4 for the high ones
   */
  static FloatVector nibbles(MemorySegment x, long offset, int lane, int shift) {
    IntVector codes = nibbleCodes(x, offset, lane, shift);
    return (FloatVector) codes.convertShape(VectorOperators.I2F, SPECIES, 0);
  }

  private static IntVector nibbleCodes(MemorySegment x, long offset, int lane, int shift) {
    ByteVector both =
        ByteVector.fromMemorySegment(BYTES, x, offset + (LENGTH > 4 ? lane : lane & 8), ORDER);
    int part = LENGTH > 4 ? 0 : lane >> 2 & 1;
    IntVector wide = (IntVector) both.convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, part);
    return wide.lanewise(VectorOperators.LSHR, shift).and(NIBBLE);
  }

  /** The values of codes as {@link #nibbles} reads them. */
  static FloatVector nf4(MemorySegment x, long offset, int lane, int shift) {
    IntVector codes = nibbleCodes(x, offset, lane, shift);
    IntVector values = codes.and(LENGTH - 1).selectFrom(NF4_0);
    if (LENGTH <= 8) {
      IntVector second = codes.and(LENGTH - 1).selectFrom(NF4_1);
      values = values.blend(second, codes.compare(VectorOperators.GE, LENGTH));
    }
    if (LENGTH == 4) {
      IntVector third = codes.and(LENGTH - 1).selectFrom(NF4_2);
      values = values.blend(third, codes.compare(VectorOperators.GE, 2 * LENGTH));
      IntVector fourth = codes.and(LENGTH - 1).selectFrom(NF4_3);
      values = values.blend(fourth, codes.compare(VectorOperators.GE, 3 * LENGTH));
    }
    return values.reinterpretAsFloats();
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
