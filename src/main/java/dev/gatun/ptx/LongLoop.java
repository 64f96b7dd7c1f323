package dev.gatun.ptx;

/** A lane-wise function of up to three rows of 64 bits; it ignores those it does not need. */
interface LongLoop {
  void run(long[] d, long[] a, long[] b, long[] c);
}
