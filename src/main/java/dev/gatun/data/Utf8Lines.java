package dev.gatun.data;

import dev.gatun.core.DataException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The lines of one UTF-8 file with their line ends, decoded strictly.
 *
 * <p>A {@link java.io.BufferedReader} would do but for its error, which has no place. Splitting
 * bytes at LF before decoding is safe, as no other UTF-8 sequence contains the byte 0A.
 */
public final class Utf8Lines implements AutoCloseable {
  private static final int CHUNK_BYTES = 1 << 16;
  private static final int MAX_LINE_BYTES = Integer.MAX_VALUE - 8;
  private static final byte[] BYTE_ORDER_MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};

  private final String file;
  private final InputStream in;
  private final byte[] chunk = new byte[CHUNK_BYTES];
  private int chunkPosition;
  private int chunkLimit;
  private byte[] line = new byte[1 << 10];
  private int lineLength;
  private long lineNumber;
  private long nextLineOffset;

  Utf8Lines(Path file) throws IOException {
    this(file.toString(), Files.newInputStream(file));
  }

  private Utf8Lines(String file, InputStream in) {
    this.file = file;
    this.in = in;
  }

  /**
   * Reads all of it, for the error alone; for a text that somebody else found to be no UTF-8.
   *
   * @param file what messages call it
   * @throws DataException with file, line and byte
   */
  public static void require(String file, InputStream in) throws IOException {
    try (Utf8Lines lines = new Utf8Lines(file, in)) {
      while (lines.readLine()) {
        lines.decodeLine();
      }
    }
  }

  /** The next line with its line end, if it has one; null after the last. */
  @Nullable String next() throws IOException {
    return readLine() ? decodeLine() : null;
  }

  private String decodeLine() {
    long lineOffset = nextLineOffset;
    nextLineOffset += lineLength;
    lineNumber++;
    int skipped = lineNumber == 1 && startsWithByteOrderMark() ? BYTE_ORDER_MARK.length : 0;
    return decode(skipped, lineOffset);
  }

  private boolean readLine() throws IOException {
    lineLength = 0;
    while (chunkPosition < chunkLimit || fill()) {
      int end = chunkPosition;
      while (end < chunkLimit && chunk[end] != '\n') {
        end++;
      }
      boolean ended = end < chunkLimit;
      append(ended ? end + 1 : end);
      if (ended) {
        return true;
      }
    }
    return lineLength > 0;
  }

  private boolean fill() throws IOException {
    chunkPosition = 0;
    chunkLimit = Math.max(0, in.read(chunk));
    return chunkLimit > 0;
  }

  private void append(int end) {
    int count = end - chunkPosition;
    if (count > MAX_LINE_BYTES - lineLength) {
      throw new DataException(
          file + ", line " + (lineNumber + 1) + " is longer than 2 GiB; break it into lines");
    }
    if (count > line.length - lineLength) {
      long doubled = Math.min(MAX_LINE_BYTES, 2L * line.length);
      line = Arrays.copyOf(line, (int) Math.max(doubled, lineLength + count));
    }
    System.arraycopy(chunk, chunkPosition, line, lineLength, count);
    lineLength += count;
    chunkPosition = end;
  }

  private boolean startsWithByteOrderMark() {
    return lineLength >= BYTE_ORDER_MARK.length
        && Arrays.mismatch(line, 0, 3, BYTE_ORDER_MARK, 0, 3) < 0;
  }

  /** Decodes fast; only a line with a replacement character is looked at again, strictly. */
  private String decode(int from, long lineOffset) {
    String text = new String(line, from, lineLength - from, StandardCharsets.UTF_8);
    if (text.indexOf('\uFFFD') >= 0) {
      rejectMalformed(from, lineOffset);
    }
    return text;
  }

  private void rejectMalformed(int from, long lineOffset) {
    ByteBuffer bytes = ByteBuffer.wrap(line, from, lineLength - from);
    CharBuffer chars = CharBuffer.allocate(lineLength - from);
    if (StandardCharsets.UTF_8.newDecoder().decode(bytes, chars, true).isError()) {
      throw malformed(bytes.position(), lineOffset);
    }
  }

  private DataException malformed(int at, long lineOffset) {
    return new DataException(
        String.format(
            "%s, line %d, byte %d of the line (byte %d of the file): 0x%02X is not UTF-8 here; "
                + "save the file as UTF-8, for example: iconv -f %s -t UTF-8",
            file, lineNumber, at + 1, lineOffset + at + 1, line[at], likelyCharset()));
  }

  /** A guess for the hint only: UTF-16 starts with its mark, Korean and Western are told apart. */
  private String likelyCharset() {
    if (lineLength >= 2 && lineNumber == 1) {
      int mark = (line[0] & 0xff) << 8 | (line[1] & 0xff);
      if (mark == 0xFFFE || mark == 0xFEFF) {
        return "UTF-16";
      }
    }
    int high = 0;
    int paired = 0;
    for (int i = 0; i < lineLength; i++) {
      if ((line[i] & 0xff) >= 0x80) {
        high++;
        if (i + 1 < lineLength && (line[i + 1] & 0xff) >= 0x80) {
          paired += 2;
          high++;
          i++;
        }
      }
    }
    return 2 * paired > high ? "CP949" : "WINDOWS-1252";
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
