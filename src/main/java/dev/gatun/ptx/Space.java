package dev.gatun.ptx;

import java.util.Locale;

/** The state spaces in which memory is addressed. */
enum Space {
  GENERIC,
  GLOBAL,
  CONST,
  SHARED,
  LOCAL,
  PARAM;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
