package dev.gatun.ptx;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The comparison operators. The last letter u of an operator on numbers means "or unordered". */
enum Comparison {
  EQ,
  NE,
  LT,
  LE,
  GT,
  GE,
  LO,
  LS,
  HI,
  HS,
  EQU,
  NEU,
  LTU,
  LEU,
  GTU,
  GEU,
  NUM,
  NAN;

  static @Nullable Comparison of(String word) {
    for (Comparison comparison : values()) {
      if (comparison.name().toLowerCase(Locale.ROOT).equals(word)) {
        return comparison;
      }
    }
    return null;
  }

  /** Whether it is defined for a type. */
  boolean allows(Type type) {
    return switch (this) {
      case EQ, NE -> true;
      case LT, LE, GT, GE -> !type.isBits();
      case LO, LS, HI, HS -> type.isInteger() && !type.isSigned();
      default -> type.isFloat();
    };
  }

  /** Compares floats. */
  boolean test(double a, double b) {
    boolean unordered = Double.isNaN(a) || Double.isNaN(b);
    return switch (this) {
      case EQ -> a == b;
      case NE -> !unordered && a != b;
      case LT -> a < b;
      case LE -> a <= b;
      case GT -> a > b;
      case GE -> a >= b;
      case EQU -> unordered || a == b;
      case NEU -> unordered || a != b;
      case LTU -> !(a >= b);
      case LEU -> !(a > b);
      case GTU -> !(a <= b);
      case GEU -> !(a < b);
      case NUM -> !unordered;
      case NAN -> unordered;
      case LO, LS, HI, HS -> throw new AssertionError(this + " of floats");
    };
  }

  /** Compares integers by the sign of a comparison. */
  boolean test(int order) {
    return switch (this) {
      case EQ -> order == 0;
      case NE -> order != 0;
      case LT, LO -> order < 0;
      case LE, LS -> order <= 0;
      case GT, HI -> order > 0;
      case GE, HS -> order >= 0;
      default -> throw new AssertionError(this + " of integers");
    };
  }

  /** The lanes where the operator holds of two rows of 32 bits. */
  int ints(int[] a, int[] b, boolean signed) {
    int flip = signed ? 0 : Integer.MIN_VALUE;
    return switch (this) {
      case EQ -> equal(a, b);
      case NE -> ~equal(a, b);
      case LT, LO -> less(a, b, flip);
      case GE, HS -> ~less(a, b, flip);
      case GT, HI -> less(b, a, flip);
      case LE, LS -> ~less(b, a, flip);
      default -> throw new AssertionError(this + " of integers");
    };
  }

  private static int equal(int[] a, int[] b) {
    int mask = 0;
    for (int l = 0; l < Warp.LANES; l++) {
      mask |= (a[l] == b[l] ? 1 : 0) << l;
    }
    return mask;
  }

  private static int less(int[] a, int[] b, int flip) {
    int mask = 0;
    for (int l = 0; l < Warp.LANES; l++) {
      mask |= ((a[l] ^ flip) < (b[l] ^ flip) ? 1 : 0) << l;
    }
    return mask;
  }

  /** The lanes where the operator holds of two rows of single precision. */
  int floats(int[] a, int[] b) {
    return switch (this) {
      case EQ -> equalF(a, b);
      case NEU -> ~equalF(a, b);
      case LT -> lessF(a, b);
      case GEU -> ~lessF(a, b);
      case GT -> lessF(b, a);
      case LEU -> ~lessF(b, a);
      case LE -> atMostF(a, b);
      case GTU -> ~atMostF(a, b);
      case GE -> atMostF(b, a);
      case LTU -> ~atMostF(b, a);
      case NUM -> ordered(a, b);
      case NAN -> ~ordered(a, b);
      case NE -> ordered(a, b) & ~equalF(a, b);
      case EQU -> ~ordered(a, b) | equalF(a, b);
      case LO, LS, HI, HS -> throw new AssertionError(this + " of floats");
    };
  }

  private static int equalF(int[] a, int[] b) {
    int mask = 0;
    for (int l = 0; l < Warp.LANES; l++) {
      mask |= (Float.intBitsToFloat(a[l]) == Float.intBitsToFloat(b[l]) ? 1 : 0) << l;
    }
    return mask;
  }

  private static int lessF(int[] a, int[] b) {
    int mask = 0;
    for (int l = 0; l < Warp.LANES; l++) {
      mask |= (Float.intBitsToFloat(a[l]) < Float.intBitsToFloat(b[l]) ? 1 : 0) << l;
    }
    return mask;
  }

  private static int atMostF(int[] a, int[] b) {
    int mask = 0;
    for (int l = 0; l < Warp.LANES; l++) {
      mask |= (Float.intBitsToFloat(a[l]) <= Float.intBitsToFloat(b[l]) ? 1 : 0) << l;
    }
    return mask;
  }

  private static int ordered(int[] a, int[] b) {
    int mask = 0;
    for (int l = 0; l < Warp.LANES; l++) {
      boolean unordered =
          Float.isNaN(Float.intBitsToFloat(a[l])) || Float.isNaN(Float.intBitsToFloat(b[l]));
      mask |= (unordered ? 0 : 1) << l;
    }
    return mask;
  }
}
