package dev.gatun.token;

/** Receives a text's consecutive ranges, in UTF-16 units, each inside or between matches. */
@FunctionalInterface
interface SegmentSink {
  void segment(int from, int to, boolean match);
}
