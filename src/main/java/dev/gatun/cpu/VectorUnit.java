package dev.gatun.cpu;

import jdk.incubator.vector.FloatVector;

/** The vector unit of this processor, as the Vector API sees it. */
public final class VectorUnit {
  private VectorUnit() {}

  /** The width the Vector API prefers, in bits; {@code -XX:MaxVectorSize} lowers it. */
  public static int bits() {
    return FloatVector.SPECIES_PREFERRED.vectorBitSize();
  }
}
