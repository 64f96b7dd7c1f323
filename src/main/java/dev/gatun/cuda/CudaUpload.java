package dev.gatun.cuda;

import dev.gatun.memory.Buffer;
import dev.gatun.memory.Region;
import dev.gatun.memory.Upload;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An upload in a stream of its own, from pinned memory.
 *
 * <pre>
 *   host     write     | send              | deliver            | write ...
 *   stream             | wait(taken) copy  | record(arrived)
 *   queue    ... work of the step before ... wait(arrived) copy record(taken) | work on the data
 * </pre>
 *
 * <p>The copy of the queue, from where the data has arrived to where it is used, takes no time to
 * speak of, and lets the next data arrive while this is still computed with, at an address that
 * does not change. There are two pinned pieces in turn: when one is written again, the queue has
 * been waited for since its data was delivered.
 */
final class CudaUpload implements Upload {
  private final CudaDriver driver;
  private final DeviceGuard guard;
  private final CudaQueue queue;
  private final Region region;
  private final long stream;
  private final long arrived;
  private final long taken;
  private final Piece[] pieces = {new Piece(), new Piece()};
  private int turn;
  private @Nullable Buffer arriving;
  private long bytes;

  /** Pinned memory that data is sent from. */
  private static final class Piece {
    @Nullable MemorySegment memory;

    /** How often the queue had been waited for when its data was delivered; none before. */
    long delivered = Long.MAX_VALUE;
  }

  /**
   * @param region where data arrives
   */
  CudaUpload(CudaDriver driver, DeviceGuard guard, CudaQueue queue, Region region) {
    this.driver = driver;
    this.guard = guard;
    this.queue = queue;
    this.region = region;
    this.stream = guard.call(driver::createStream);
    this.arrived = guard.call(driver::createEvent);
    this.taken = guard.call(driver::createEvent);
  }

  @Override
  public void send(long size, Consumer<MemorySegment> writer) {
    turn ^= 1;
    MemorySegment host = writable(pieces[turn], size);
    writer.accept(host);
    Buffer target = arrival(size);
    bytes = size;
    guard.run(
        () -> {
          driver.waitEvent(stream, taken);
          driver.copyToDeviceAsync(target.address(), host, stream);
          driver.recordEvent(arrived, stream);
        });
  }

  /** The piece, when its data has been copied. */
  private MemorySegment writable(Piece piece, long size) {
    MemorySegment memory = piece.memory;
    if (memory != null && piece.delivered >= queue.waits()) {
      guard.run(() -> driver.synchronizeStream(stream)); // sent twice in a row: not in training
    }
    piece.delivered = Long.MAX_VALUE;
    if (memory == null || memory.byteSize() < size) {
      free(piece);
      memory = guard.call(() -> driver.allocateHost(size));
      piece.memory = memory;
    }
    return memory.asSlice(0, size);
  }

  private Buffer arrival(long size) {
    Buffer buffer = arriving;
    if (buffer == null || buffer.bytes() < size) {
      if (buffer != null) {
        buffer.release(); // what takes it over waits for the queue, as every arrival does
      }
      buffer = region.allocate(size);
      arriving = buffer;
    }
    return buffer;
  }

  @Override
  public void deliver(Buffer target) {
    if (arriving == null) {
      throw new IllegalStateException("nothing was sent to region '" + region.name() + "'");
    }
    guard.run(() -> driver.waitEvent(queue.stream(), arrived));
    target.copyFrom(arriving, bytes);
    guard.run(() -> driver.recordEvent(taken, queue.stream()));
    pieces[turn].delivered = queue.waits();
  }

  private void free(Piece piece) {
    MemorySegment memory = piece.memory;
    if (memory != null) {
      guard.release(() -> driver.freeHost(memory));
      piece.memory = null;
    }
  }

  @Override
  public void close() {
    guard.release(() -> driver.synchronizeStream(stream));
    for (Piece piece : pieces) {
      free(piece);
    }
    guard.release(() -> driver.destroyEvent(arrived));
    guard.release(() -> driver.destroyEvent(taken));
    guard.release(() -> driver.destroyStream(stream));
  }
}
