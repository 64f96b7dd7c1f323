package dev.gatun.data;

import dev.hardwood.InputFile;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * A Parquet file whose ranges are read, not mapped. The library decodes on threads of its own, and
 * where a mapped file grows shorter under them, the operating system ends the whole process
 * (SIGBUS); a read that meets the end of the file is an error like any other.
 */
final class ChannelInputFile implements InputFile {
  private final Path file;
  private @Nullable FileChannel channel;
  private long length;

  ChannelInputFile(Path file) {
    this.file = file;
  }

  @Override
  public void open() throws IOException {
    if (channel == null) {
      channel = FileChannel.open(file, StandardOpenOption.READ);
      length = channel.size();
    }
  }

  @Override
  public ByteBuffer readRange(long offset, int count) throws IOException {
    if (channel == null) {
      throw new IOException(file + " is not open");
    }
    if (offset < 0 || count < 0 || offset > length - count) {
      throw new IOException(
          "bytes %d to %d lie outside of the file, which has %d"
              .formatted(offset, offset + count, length));
    }
    ByteBuffer range =
        ByteBuffer.allocateDirect(count); // decompressors ask for memory off the heap
    while (range.hasRemaining()) {
      if (channel.read(range, offset + range.position()) < 0) {
        throw new EOFException("the file has become shorter while it was read");
      }
    }
    return range.flip();
  }

  @Override
  public long length() {
    return length;
  }

  @Override
  public String name() {
    return file.toString();
  }

  @Override
  public void close() throws IOException {
    if (channel != null) {
      channel.close();
    }
  }
}
