package dev.gatun.ptx;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The fundamental types of PTX, and the packed ones of half precision. */
enum Type {
  PRED(1, 'p'),
  B8(8, 'b'),
  B16(16, 'b'),
  B32(32, 'b'),
  B64(64, 'b'),
  B128(128, 'b'),
  U8(8, 'u'),
  U16(16, 'u'),
  U32(32, 'u'),
  U64(64, 'u'),
  S8(8, 's'),
  S16(16, 's'),
  S32(32, 's'),
  S64(64, 's'),
  F16(16, 'f'),
  F16X2(32, 'f'),
  BF16(16, 'f'),
  BF16X2(32, 'f'),
  TF32(32, 'f'),
  F32(32, 'f'),
  F64(64, 'f');

  private final int bits;
  private final char family;

  Type(int bits, char family) {
    this.bits = bits;
    this.family = family;
  }

  int bits() {
    return bits;
  }

  int bytes() {
    return bits / 8;
  }

  boolean isFloat() {
    return family == 'f';
  }

  boolean isSigned() {
    return family == 's';
  }

  /** Signed or unsigned integer. */
  boolean isInteger() {
    return family == 's' || family == 'u';
  }

  /** Untyped bits. */
  boolean isBits() {
    return family == 'b';
  }

  boolean isPacked() {
    return this == F16X2 || this == BF16X2;
  }

  /** Reads {@code f32} as written after the dot; null if it is no type. */
  static @Nullable Type of(String name) {
    for (Type type : values()) {
      if (type.toString().equals(name)) {
        return type;
      }
    }
    return null;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
