package dev.gatun.ptx;

import org.jspecify.annotations.Nullable;

/** The rounding modes of PTX. */
enum Rounding {
  /** To nearest, ties to even. */
  NEAREST("rn"),
  ZERO("rz"),
  DOWN("rm"),
  UP("rp"),
  /** To nearest, ties away from zero. */
  AWAY("rna");

  private final String word;

  Rounding(String word) {
    this.word = word;
  }

  static @Nullable Rounding of(String word) {
    for (Rounding rounding : values()) {
      if (rounding.word.equals(word)) {
        return rounding;
      }
    }
    return null;
  }

  /** Rounds to an integer. */
  double integer(double x) {
    return switch (this) {
      case NEAREST -> Math.rint(x);
      case ZERO -> x < 0 ? Math.ceil(x) : Math.floor(x);
      case DOWN -> Math.floor(x);
      case UP -> Math.ceil(x);
      case AWAY -> {
        double whole = x < 0 ? Math.ceil(x) : Math.floor(x);
        yield Math.abs(x - whole) >= 0.5 ? whole + Math.signum(x) : whole;
      }
    };
  }

  @Override
  public String toString() {
    return word;
  }
}
