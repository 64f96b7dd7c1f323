package dev.gatun.device;

import dev.gatun.memory.Storage;
import java.util.Optional;
import java.util.function.Supplier;

/** The memory of a device, and the queue in which the work on it runs in order. */
public interface DeviceMemory extends Storage {
  Device device();

  /** Where operations on tensors in this memory run; copies and fills take their place in it. */
  Queue queue();

  /** Whether this device multiplies bf16 numbers. */
  boolean multipliesBf16();

  /**
   * Does some work in which every matrix product has both its factors rounded to bf16, to nearest
   * even; sums, bias and result are F32.
   *
   * @throws IllegalStateException if the device does not multiply bf16 numbers
   */
  <R> R withBf16Factors(Supplier<R> work);

  /**
   * Records the commands that some work submits, without running them. The work must neither read
   * nor write memory of the host, nor need memory or kernels that are not there yet.
   *
   * @return nothing if this device or this work cannot be recorded; then nothing has been submitted
   */
  Optional<Recording> record(Runnable work);
}
