package dev.gatun.ptx;

/**
 * Where an operand lives: a row of 32 values, one per lane. Registers of up to 32 bits are rows of
 * {@code int}, zero-extended; those of 64 bits rows of {@code long}; a predicate is one int whose
 * bit l belongs to lane l. Constants are rows too, so that instructions need not tell them apart.
 *
 * @param bits the width
 * @param flip all ones for a negated predicate
 */
record Slot(Kind kind, int row, int bits, int flip) {
  enum Kind {
    INT,
    LONG,
    PREDICATE
  }

  static Slot of(int row, int bits) {
    Kind kind = bits == 1 ? Kind.PREDICATE : bits <= 32 ? Kind.INT : Kind.LONG;
    return new Slot(kind, row, bits, 0);
  }

  /** The bits, zero-extended. */
  long get(Warp warp, int lane) {
    return switch (kind) {
      case INT -> warp.ints[row][lane] & 0xffff_ffffL;
      case LONG -> warp.longs[row][lane];
      case PREDICATE -> (warp.predicates[row] ^ flip) >>> lane & 1;
    };
  }

  /** Stores the low bits of {@code value}. */
  void set(Warp warp, int lane, long value) {
    switch (kind) {
      case INT -> warp.ints[row][lane] = bits == 32 ? (int) value : (int) value & (1 << bits) - 1;
      case LONG -> warp.longs[row][lane] = value;
      case PREDICATE ->
          warp.predicates[row] = (warp.predicates[row] & ~(1 << lane)) | ((int) value & 1) << lane;
    }
  }
}
