package dev.gatun.cuda;

import dev.gatun.device.Command;
import dev.gatun.device.Command.Argument;
import dev.gatun.device.Command.Copy;
import dev.gatun.device.Command.Fill;
import dev.gatun.device.Command.Gemm;
import dev.gatun.device.Command.Launch;
import dev.gatun.device.Recording;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Commands as calls of the driver, in one stream. */
final class CudaQueue implements ProductQueue, AutoCloseable {
  private static final int MAX_ARGUMENTS = 32;

  private final CudaDriver driver;
  private final DeviceGuard guard;
  private final KernelLibrary kernels;
  private final GridLimits limits;
  private final Products products;
  private final boolean synchronous;
  private final long stream;
  private final Staging staging;
  private final Arena arena = Arena.ofShared();
  private final List<MemorySegment> words = new ArrayList<>();
  private final List<MemorySegment> longs = new ArrayList<>();
  private long scratch;
  private long scratchBytes;
  private long waits;
  private boolean bf16Factors;
  private boolean recording;

  /**
   * @param synchronous whether to wait for each command, so that a failure names it
   */
  CudaQueue(
      CudaDriver driver,
      DeviceGuard guard,
      KernelLibrary kernels,
      GridLimits limits,
      Products products,
      boolean synchronous) {
    this.driver = driver;
    this.guard = guard;
    this.kernels = kernels;
    this.limits = limits;
    this.products = products;
    this.synchronous = synchronous;
    this.stream = driver.createStream();
    this.staging = new Staging(driver, guard);
    products.setStream(stream);
    for (int i = 0; i < MAX_ARGUMENTS; i++) {
      MemorySegment slot = arena.allocate(ValueLayout.JAVA_LONG);
      longs.add(slot);
      words.add(slot.asSlice(0, Integer.BYTES));
    }
  }

  long stream() {
    return stream;
  }

  @Override
  public void submit(Command command) {
    guard.run(() -> run(command));
  }

  private void run(Command command) {
    switch (command) {
      case Launch launch -> launch(launch);
      case Gemm gemm -> products.run(gemm, bf16Factors, this);
      case Copy copy ->
          driver.copyOnDeviceAsync(
              copy.target().address() + copy.targetOffset(),
              copy.source().address() + copy.sourceOffset(),
              copy.bytes(),
              stream);
      case Fill fill -> fill(fill);
    }
    if (synchronous) {
      await(command);
    }
  }

  private void fill(Fill fill) {
    if (fill.bytes() > 0) {
      driver.fillWordsAsync(
          fill.target().address() + fill.offset(), fill.word(), fill.bytes() / 4, stream);
    }
  }

  private void launch(Launch launch) {
    limits.require(launch);
    long function = kernels.function(launch);
    List<MemorySegment> values = new ArrayList<>(launch.arguments().size());
    for (Argument argument : launch.arguments()) {
      values.add(value(argument, values.size()));
    }
    driver.launch(function, launch.grid(), launch.block(), launch.sharedBytes(), stream, values);
  }

  private MemorySegment value(Argument argument, int slot) {
    return switch (argument) {
      case Argument.Address address -> number(slot, address.buffer().address() + address.offset());
      case Argument.Scratch needed -> number(slot, scratch(needed.bytes()) + needed.offset());
      case Argument.I64 i64 -> number(slot, i64.value());
      case Argument.I32 i32 -> {
        words.get(slot).set(ValueLayout.JAVA_INT, 0, i32.value());
        yield words.get(slot);
      }
      case Argument.F32 f32 -> {
        words.get(slot).set(ValueLayout.JAVA_FLOAT, 0, f32.value());
        yield words.get(slot);
      }
    };
  }

  private MemorySegment number(int slot, long value) {
    longs.get(slot).set(ValueLayout.JAVA_LONG, 0, value);
    return longs.get(slot);
  }

  /** Whether factors of products are rounded to bf16 from now on. */
  void setBf16Factors(boolean bf16) {
    bf16Factors = bf16;
  }

  boolean bf16Factors() {
    return bf16Factors;
  }

  /** Memory of at least this size; work that uses the smaller one of before has been submitted. */
  @Override
  public long scratch(long bytes) {
    if (bytes > scratchBytes) {
      freeScratch();
      scratch = guard.call(() -> driver.allocate(bytes));
      scratchBytes = bytes;
    }
    return scratch;
  }

  /** Where the scratch memory is now; 0 if there is none. */
  long scratchAddress() {
    return scratchBytes == 0 ? 0 : scratch;
  }

  private void freeScratch() {
    if (scratchBytes > 0) {
      guard.release(() -> driver.free(scratch));
      scratchBytes = 0;
    }
  }

  private void await(Command command) {
    try {
      driver.synchronizeStream(stream);
    } catch (CudaException e) {
      throw new CudaException(e.code(), e.getMessage() + ", by " + name(command), e);
    }
  }

  private static String name(Command command) {
    return switch (command) {
      case Launch launch ->
          "kernel " + launch.kernel() + " on grid " + launch.grid() + ", block " + launch.block();
      case Gemm gemm ->
          "a product %s of M %d, N %d, K %d"
              .formatted(
                  OwnProducts.layout(gemm).toUpperCase(Locale.ROOT), gemm.m(), gemm.n(), gemm.k());
      case Copy copy -> "a copy of %,d bytes".formatted(copy.bytes());
      case Fill fill -> "a fill of %,d bytes".formatted(fill.bytes());
    };
  }

  @Override
  public void synchronize() {
    guard.run(() -> driver.synchronizeStream(stream));
    staging.reset();
    waits++;
  }

  /** How often it has been waited for. */
  long waits() {
    return waits;
  }

  /** Records what some work submits, see {@link dev.gatun.device.DeviceMemory#record}. */
  Optional<Recording> record(Runnable work) {
    recording = true;
    try {
      return CudaRecording.of(driver, guard, this, work);
    } finally {
      recording = false;
    }
  }

  /** A copy through the host would be repeated with whatever the host has there by then. */
  private void refuseRecording() {
    if (recording) {
      throw new CudaException(
          CudaException.STREAM_CAPTURE_UNSUPPORTED, "memory of the host is no part of a recording");
    }
  }

  /** Copies from the host when the work before is done, without waiting for it if it is little. */
  void write(MemorySegment host, long target) {
    refuseRecording();
    if (host.byteSize() > Staging.BYTES) {
      synchronize(); // what the memory held before may still be read
      guard.run(() -> driver.copyToDevice(target, host));
      return;
    }
    MemorySegment piece = stage(host.byteSize()).copyFrom(host);
    guard.run(() -> driver.copyToDeviceAsync(target, piece, stream));
  }

  /** Copies to the host when the work before is done, which is waited for. */
  void read(long source, MemorySegment host) {
    refuseRecording();
    if (host.byteSize() > Staging.BYTES) {
      synchronize();
      guard.run(() -> driver.copyToHost(host, source));
      return;
    }
    MemorySegment piece = stage(host.byteSize());
    guard.run(() -> driver.copyToHostAsync(piece, source, stream));
    synchronize();
    host.copyFrom(piece);
  }

  private MemorySegment stage(long bytes) {
    if (staging.isFullFor(bytes)) {
      synchronize();
    }
    return staging.take(bytes);
  }

  @Override
  public void close() {
    freeScratch();
    staging.close();
    guard.release(() -> driver.destroyStream(stream));
    arena.close();
  }
}
