package dev.gatun.ptx;

/** A function of the bits of up to three operands in one lane; what it returns is truncated. */
interface LaneFunction {
  long apply(long a, long b, long c);
}
