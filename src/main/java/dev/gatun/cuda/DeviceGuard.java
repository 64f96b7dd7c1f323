package dev.gatun.cuda;

import dev.gatun.core.DeviceException;
import dev.gatun.device.Device;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The life of a device: after a failure that loses its context no call reaches the driver any more,
 * since each would fail with the same code and hide the first.
 */
final class DeviceGuard {
  private final Device device;
  private @Nullable DeviceException lost;

  /**
   * @param device what messages call it
   */
  DeviceGuard(Device device) {
    this.device = device;
  }

  /** Whether the context is lost. */
  boolean isLost() {
    return lost != null;
  }

  /**
   * Makes calls of the driver.
   *
   * @throws DeviceException if the device is lost, by these calls or before
   */
  <T> T call(Supplier<T> calls) {
    if (lost != null) {
      throw new DeviceException(String.valueOf(lost.getMessage()), lost);
    }
    try {
      return calls.get();
    } catch (CudaException e) {
      if (!e.isSticky()) {
        throw e;
      }
      lost =
          new DeviceException(
              "%s has failed and cannot be used any more in this process: %s"
                  .formatted(device, e.getMessage()),
              e);
      throw lost;
    }
  }

  /** Makes calls of the driver that return nothing. */
  void run(Runnable calls) {
    call(
        () -> {
          calls.run();
          return true;
        });
  }

  /** Gives something back, which a device that is lost needs no more. */
  void release(Runnable calls) {
    if (!isLost()) {
      run(calls);
    }
  }
}
