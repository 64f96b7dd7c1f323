package dev.gatun.data;

import java.io.FilterReader;
import java.io.IOException;
import java.io.PushbackReader;
import java.io.Reader;

/** A reader without the byte order mark that it may begin with. */
final class SkippingMark extends FilterReader {
  SkippingMark(Reader in, char mark) throws IOException {
    super(new PushbackReader(in, 1));
    int first = super.read();
    if (first >= 0 && first != mark) {
      ((PushbackReader) this.in).unread(first);
    }
  }
}
