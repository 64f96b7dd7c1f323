package dev.gatun.token;

/** Receives ranges of a text, in UTF-16 units. */
@FunctionalInterface
interface SpanSink {
  void span(int from, int to);
}
