package dev.gatun.token;

/**
 * A stage that only cuts: it hands on ranges of the text it is given and changes no character.
 *
 * @param segmenter finds the delimiters
 * @param invert whether the gaps are the delimiters instead of the matches
 * @param behavior what becomes of the delimiters
 */
record Splitter(Segmenter segmenter, boolean invert, SplitBehavior behavior) implements Stage {
  void split(String text, int from, int to, SpanSink out) {
    switch (behavior) {
      case ISOLATED ->
          segmenter.segments(text, from, to, (start, end, match) -> emit(out, start, end));
      case REMOVED ->
          segmenter.segments(
              text,
              from,
              to,
              (start, end, match) -> {
                if (match == invert) {
                  emit(out, start, end);
                }
              });
      case CONTIGUOUS, MERGED_WITH_PREVIOUS, MERGED_WITH_NEXT -> {
        Joiner joiner = new Joiner(out);
        segmenter.segments(text, from, to, joiner);
        joiner.flush();
      }
    }
  }

  private static void emit(SpanSink out, int from, int to) {
    if (from < to) {
      out.span(from, to);
    }
  }

  /** Holds one range back until it is known whether the next one belongs to it. */
  private final class Joiner implements SegmentSink {
    private final SpanSink out;
    private int start;
    private int end;
    private boolean holding;
    private boolean previous;

    Joiner(SpanSink out) {
      this.out = out;
    }

    @Override
    public void segment(int from, int to, boolean match) {
      boolean delimiter = match != invert;
      if (holding && joins(delimiter)) {
        end = to;
      } else {
        flush();
        start = from;
        end = to;
        holding = true;
      }
      previous = delimiter;
    }

    private boolean joins(boolean delimiter) {
      return switch (behavior) {
        case CONTIGUOUS -> delimiter == previous;
        case MERGED_WITH_PREVIOUS -> delimiter && !previous;
        case MERGED_WITH_NEXT -> previous && !delimiter;
        case ISOLATED, REMOVED -> false;
      };
    }

    void flush() {
      if (holding) {
        emit(out, start, end);
      }
    }
  }
}
