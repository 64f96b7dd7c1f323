package dev.gatun.cpu;

import java.lang.foreign.MemorySegment;

/**
 * A factor of a product: element k of row r of A, or of column r of B.
 *
 * @param offset of the first element in bytes
 * @param ld the distance of two rows of the row-major matrix in elements
 * @param kContiguous whether k runs along the rows of the matrix in memory, or r does
 */
record Operand(MemorySegment segment, long offset, long ld, boolean kContiguous) {
  /** Where element k of row r lies, in bytes. */
  long at(long r, long k) {
    return offset + 4 * (kContiguous ? r * ld + k : k * ld + r);
  }

  void check(String name, int rows, int k) {
    if (kContiguous) {
      check(name, segment, offset, rows, k, ld);
    } else {
      check(name, segment, offset, k, rows, ld);
    }
  }

  /** Throws unless a row-major matrix lies inside its segment. */
  static void check(
      String name, MemorySegment segment, long offset, long rows, long columns, long ld) {
    if (!segment.isNative()) {
      throw new IllegalArgumentException(name + " must be in native memory, not on the heap");
    }
    if (ld < columns) {
      throw new IllegalArgumentException(
          "rows of " + name + " are " + ld + " apart but have " + columns + " elements");
    }
    long elements = rows == 0 || columns == 0 ? 0 : (rows - 1) * ld + columns;
    if (offset < 0 || offset > segment.byteSize() - 4 * elements) {
      String shape = name + "[" + rows + ", " + columns + "] with rows " + ld + " apart";
      String needs = " needs " + 4 * elements + " bytes from offset " + offset;
      throw new IllegalArgumentException(
          shape + needs + ", but its segment has " + segment.byteSize());
    }
  }
}
