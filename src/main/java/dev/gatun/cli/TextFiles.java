package dev.gatun.cli;

import dev.gatun.core.DataException;
import dev.gatun.data.Utf8Lines;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.Reader;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** Text that an option names a file of. */
final class TextFiles {
  private static final int PIECE = 1 << 20;

  private TextFiles() {}

  /** The text of a UTF-8 file, or of the standard input for {@code -}. */
  static String read(String file) {
    try {
      byte[] bytes =
          file.equals("-") ? System.in.readAllBytes() : Files.readAllBytes(Path.of(file));
      return decode(file.equals("-") ? "standard input" : file, bytes);
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  private static String decode(String name, byte[] bytes) throws IOException {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      Utf8Lines.require(name, new ByteArrayInputStream(bytes));
      throw e;
    }
  }

  /**
   * Hands out the lines of UTF-8 files, one after the other.
   *
   * @throws DataException naming the files, if all lines of all of them are empty
   */
  static void forEach(List<Path> files, Consumer<String> texts) {
    AtomicBoolean any = new AtomicBoolean();
    for (Path file : files) {
      forEach(
          file,
          text -> {
            any.compareAndSet(false, !text.isBlank());
            texts.accept(text);
          });
    }
    if (!any.get()) {
      throw new DataException(
          files.stream().map(Path::toString).collect(Collectors.joining(", "))
              + ": no text in it, only empty lines or nothing at all; name a file with text");
    }
  }

  /**
   * Hands out the lines of a UTF-8 file, each with its line feed. A very long line comes in parts
   * that end with a space, so that the file may be larger than the memory.
   */
  static void forEach(Path file, Consumer<String> texts) {
    CharsetDecoder strict = StandardCharsets.UTF_8.newDecoder();
    char[] buffer = new char[PIECE];
    int held = 0;
    try (Reader reader = Channels.newReader(FileChannel.open(file), strict, PIECE)) {
      for (int read = reader.read(buffer, held, PIECE - held);
          read >= 0;
          read = reader.read(buffer, held, PIECE - held)) {
        held += read;
        if (held == PIECE) {
          int end = pieceEnd(buffer);
          lines(buffer, end, texts);
          System.arraycopy(buffer, end, buffer, 0, PIECE - end);
          held = PIECE - end;
        }
      }
      if (held > 0) {
        lines(buffer, held, texts);
      }
    } catch (CharacterCodingException e) {
      throw malformed(file, e);
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  /** The decoder does not know the place: the file is read again. */
  private static DataException malformed(Path file, CharacterCodingException e) {
    try {
      Utf8Lines.require(file.toString(), Files.newInputStream(file));
    } catch (IOException again) {
      return unreadable(file, again);
    }
    return unreadable(file, e); // a pipe has nothing left to read
  }

  private static DataException unreadable(Object file, IOException e) {
    return switch (e) {
      case CharacterCodingException c -> new DataException(file + ": is not UTF-8", c);
      case NoSuchFileException n ->
          new DataException(
              "%s: does not exist; it was looked for in %s"
                  .formatted(file, Path.of("").toAbsolutePath()),
              n);
      default -> new DataException(file + ": cannot be read: " + e, e);
    };
  }

  private static void lines(char[] buffer, int end, Consumer<String> texts) {
    int start = 0;
    for (int i = 0; i < end; i++) {
      if (buffer[i] == '\n' || i == end - 1) {
        texts.accept(new String(buffer, start, i + 1 - start));
        start = i + 1;
      }
    }
  }

  /** Behind the last line feed of a full buffer, or the last space, or the last character. */
  private static int pieceEnd(char[] buffer) {
    for (char mark : new char[] {'\n', ' '}) {
      for (int i = PIECE - 1; i >= 0; i--) {
        if (buffer[i] == mark) {
          return i + 1;
        }
      }
    }
    return Character.isHighSurrogate(buffer[PIECE - 1]) ? PIECE - 1 : PIECE;
  }
}
