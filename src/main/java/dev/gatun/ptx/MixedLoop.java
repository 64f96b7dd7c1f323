package dev.gatun.ptx;

/** A lane-wise function of rows of both widths with a 64-bit result. */
interface MixedLoop {
  void run(long[] d, int[] a, int[] b, long[] c);
}
