package dev.gatun.token;

import java.util.function.IntPredicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds all matches in a range of a text and hands on matches and gaps in order. */
sealed interface Segmenter {
  void segments(String text, int from, int to, SegmentSink sink);

  /** The segmenter that finds a pattern. */
  static Segmenter of(TextPattern pattern) {
    return switch (pattern) {
      case TextPattern.Literal(String content) -> new OfLiteral(content);
      case TextPattern.Regex(String source) -> new OfRegex(Oniguruma.compile(source));
    };
  }

  /** Every code point of a class is a match of its own. */
  record OfClass(IntPredicate codePoints) implements Segmenter {
    @Override
    public void segments(String text, int from, int to, SegmentSink sink) {
      int gap = from;
      int at = from;
      while (at < to) {
        int codePoint = text.codePointAt(at);
        int next = at + Character.charCount(codePoint);
        if (codePoints.test(codePoint)) {
          if (gap < at) {
            sink.segment(gap, at, false);
          }
          sink.segment(at, next, true);
          gap = next;
        }
        at = next;
      }
      if (gap < to) {
        sink.segment(gap, to, false);
      }
    }
  }

  /** Every occurrence of a string, from the left, without overlap. */
  record OfLiteral(String content) implements Segmenter {
    @Override
    public void segments(String text, int from, int to, SegmentSink sink) {
      int gap = from;
      while (true) {
        int at = text.indexOf(content, gap, to);
        if (at < 0) {
          break;
        }
        if (gap < at) {
          sink.segment(gap, at, false);
        }
        gap = at + content.length();
        sink.segment(at, gap, true);
      }
      if (gap < to) {
        sink.segment(gap, to, false);
      }
    }
  }

  /** Every match of a regular expression; the range is all that the expression sees. */
  record OfRegex(Pattern pattern) implements Segmenter {
    @Override
    public void segments(String text, int from, int to, SegmentSink sink) {
      if (from > 0 || to < text.length()) {
        String part = text.substring(from, to);
        segments(part, (start, end, match) -> sink.segment(from + start, from + end, match));
      } else {
        segments(text, sink);
      }
    }

    private void segments(String text, SegmentSink sink) {
      Matcher matcher = pattern.matcher(text).useTransparentBounds(true).useAnchoringBounds(false);
      int gap = 0;
      while (find(matcher)) {
        int start = matcher.start();
        int end = matcher.end();
        if (start == end) {
          stepOverPair(matcher, text);
          if (start == gap && start > 0) {
            continue;
          }
        }
        if (gap < start) {
          sink.segment(gap, start, false);
        }
        sink.segment(start, end, true);
        gap = end;
      }
      if (gap < text.length()) {
        sink.segment(gap, text.length(), false);
      }
    }

    /** After an empty match the JDK goes on one UTF-16 unit later, which may halve a character. */
    private static void stepOverPair(Matcher matcher, String text) {
      int at = matcher.end();
      if (at < text.length() && Character.charCount(text.codePointAt(at)) == 2) {
        matcher.region(at + 2, text.length());
      }
    }

    /** The JDK's matcher recurses through repeated groups, so a text can exhaust the stack. */
    private boolean find(Matcher matcher) {
      try {
        return matcher.find();
      } catch (StackOverflowError e) {
        throw new IllegalArgumentException(
            "the pattern "
                + pattern
                + " repeats a group too often in one text ("
                + (matcher.regionEnd() - matcher.regionStart())
                + " UTF-16 units): pass shorter texts",
            e);
      }
    }
  }
}
