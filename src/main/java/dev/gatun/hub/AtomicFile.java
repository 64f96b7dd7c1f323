package dev.gatun.hub;

import dev.gatun.core.DataException;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Objects;

/**
 * A file that appears whole or not at all: written beside its place under a temporary name, flushed
 * to the disk, then renamed. A disk that fills up or a process that dies leaves the old file.
 */
public final class AtomicFile {
  private static final boolean WINDOWS = System.getProperty("os.name").startsWith("Windows");

  private final Path target;
  private final Path folder;
  private final Path temporary;

  private AtomicFile(Path target) {
    this.target = target.toAbsolutePath();
    this.folder = Objects.requireNonNull(this.target.getParent(), "a root folder is not a file");
    this.temporary =
        this.target.resolveSibling(
            this.target.getFileName() + "." + ProcessHandle.current().pid() + ".tmp");
  }

  /** Writes the contents through a channel that is open for writing. */
  @FunctionalInterface
  public interface ChannelBody {
    void writeTo(FileChannel channel) throws IOException;
  }

  /** Writes the contents as a stream. */
  @FunctionalInterface
  public interface StreamBody {
    void writeTo(OutputStream output) throws IOException;
  }

  /**
   * Writes or replaces a file.
   *
   * @throws DataException if it cannot be written; what was there before is unchanged
   */
  public static void write(Path target, StreamBody body) {
    prepare(
            target,
            channel -> {
              OutputStream output = new BufferedOutputStream(Channels.newOutputStream(channel));
              body.writeTo(output);
              output.flush();
            })
        .commit();
  }

  /**
   * Writes the contents to the temporary name and on to the disk. {@link #commit} puts the file in
   * its place.
   *
   * @throws DataException if it cannot be written; nothing is left behind
   */
  static AtomicFile prepare(Path target, ChannelBody body) {
    AtomicFile file = new AtomicFile(target);
    try {
      try (FileChannel channel =
          FileChannel.open(
              file.temporary,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE)) {
        body.writeTo(channel);
        channel.force(true);
      }
      return file;
    } catch (IOException e) {
      throw file.abandon(e);
    } catch (RuntimeException | Error e) {
      file.discard(e);
      throw e;
    }
  }

  /** As {@link #prepare(Path, ChannelBody)}, for contents that fit in memory. */
  static AtomicFile prepare(Path target, byte[] contents) {
    return prepare(target, channel -> writeAll(channel, ByteBuffer.wrap(contents)));
  }

  /** Writes all remaining bytes, however many calls that takes. */
  static void writeAll(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /** Renames the file into its place and makes the rename durable. */
  void commit() {
    try {
      Files.move(
          temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      syncFolder(folder);
    } catch (IOException e) {
      throw abandon(e);
    }
  }

  /** Commits files of one folder in order. */
  static void commitAll(List<AtomicFile> files) {
    for (AtomicFile file : files) {
      try {
        file.commit();
      } catch (RuntimeException e) {
        files.forEach(other -> other.discard(e));
        throw e;
      }
    }
  }

  /** Deletes the temporary file because of a failure, which keeps what goes wrong with that. */
  void discard(Throwable failure) {
    try {
      Files.deleteIfExists(temporary);
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }

  /** Makes names that were created, renamed or deleted in a folder durable. */
  static void syncFolder(Path folder) throws IOException {
    if (WINDOWS) {
      return; // a folder cannot be opened there; NTFS journals names itself
    }
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private DataException abandon(IOException cause) {
    DataException failure =
        new DataException(
            "%s: cannot be written: %s; what was there before is unchanged"
                .formatted(target, reason(cause)),
            cause);
    discard(failure);
    return failure;
  }

  /** A file system exception often has the bare path for its message. */
  private static String reason(IOException e) {
    return e.getClass() == IOException.class ? String.valueOf(e.getMessage()) : e.toString();
  }
}
