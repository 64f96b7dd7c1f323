package dev.gatun.cpu;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * A factor of a product: element k of row r of A, or of column r of B.
 *
 * @param offset of the first element in bytes
 * @param ld the distance of two rows of the row-major matrix in elements
 * @param kContiguous whether k runs along the rows of the matrix in memory, or r does
 * @param stored the matrix, if it is not in F32
 */
record Operand(
    MemorySegment segment,
    long offset,
    long ld,
    boolean kContiguous,
    @Nullable StoredMatrix stored) {
  /** A factor in F32. */
  Operand(MemorySegment segment, long offset, long ld, boolean kContiguous) {
    this(segment, offset, ld, kContiguous, null);
  }

  /** A factor that is unpacked as it is read. */
  static Operand of(StoredMatrix stored, boolean kContiguous) {
    return new Operand(stored.segment(), 0, stored.columns(), kContiguous, stored);
  }

  /**
   * The part that begins at element k of row r, in F32: unpacked into the scratch of this thread,
   * where it stays until the next call, unless it is F32 as it lies.
   *
   * @param rows how many rows of it will be read at least
   * @param length how many elements of each
   */
  Operand from(long r, long k, int rows, int length) {
    if (stored == null) {
      return new Operand(segment, at(r, k), ld, kContiguous);
    }
    long row = kContiguous ? r : k;
    long column = kContiguous ? k : r;
    int first = Math.toIntExact(column) / Simd.LANES * Simd.LANES;
    int count = Math.toIntExact(column) - first + (kContiguous ? length : rows);
    int width = Math.ceilDiv(count, Simd.LANES) * Simd.LANES;
    int height = kContiguous ? rows : length;
    MemorySegment scratch = Scratch.ofThread().unpacked((long) height * width);
    for (int i = 0; i < height; i++) {
      stored.unpack(Math.toIntExact(row) + i, first, count, scratch, 4L * i * width);
    }
    return new Operand(scratch, 4 * (column - first), width, kContiguous);
  }

  /** Where element k of row r lies, in bytes. */
  long at(long r, long k) {
    return offset + 4 * (kContiguous ? r * ld + k : k * ld + r);
  }

  void check(String name, int rows, int k) {
    if (stored != null) {
      boolean fits = stored.columns() == (kContiguous ? k : rows);
      if (!fits || stored.rows() != (kContiguous ? rows : k)) {
        throw new IllegalArgumentException(
            "%s is stored as [%d, %d]".formatted(name, stored.rows(), stored.columns()));
      }
    } else if (kContiguous) {
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
