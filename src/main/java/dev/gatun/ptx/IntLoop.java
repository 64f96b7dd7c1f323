package dev.gatun.ptx;

/** A lane-wise function of up to three rows of 32 bits; it ignores those it does not need. */
interface IntLoop {
  void run(int[] d, int[] a, int[] b, int[] c);
}
