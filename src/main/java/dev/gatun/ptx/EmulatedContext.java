package dev.gatun.ptx;

import dev.gatun.cuda.CudaException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The life of the context: after a kernel has failed, every call fails with its code. */
final class EmulatedContext {
  private @Nullable CudaException lost;

  void requireAlive() {
    if (lost != null) {
      throw new CudaException(lost.code(), "an earlier kernel failed: " + lost.getMessage(), lost);
    }
  }

  /**
   * Runs work on the device and turns what goes wrong into what the driver reports, for good.
   *
   * @param atLoss is run when something has gone wrong
   */
  <T> T watch(Supplier<T> work, Runnable atLoss) {
    requireAlive();
    CudaException failure;
    try {
      return work.get();
    } catch (KernelFault fault) {
      failure = new CudaException(code(fault), String.valueOf(fault.getMessage()), fault);
    } catch (IllegalArgumentException e) {
      failure = new CudaException(CudaException.ILLEGAL_ADDRESS, String.valueOf(e.getMessage()), e);
    }
    lost = failure;
    atLoss.run();
    throw failure;
  }

  /** Uses memory at once; a range that is not there is a wrong argument and costs nothing else. */
  static void refusing(Runnable use) {
    try {
      use.run();
    } catch (IllegalArgumentException e) {
      throw new CudaException(CudaException.INVALID_VALUE, String.valueOf(e.getMessage()), e);
    }
  }

  private static int code(KernelFault fault) {
    return switch (fault.finding().kind()) {
      case OUT_OF_BOUNDS, USE_AFTER_FREE, READ_ONLY -> CudaException.ILLEGAL_ADDRESS;
      case MISALIGNED -> CudaException.MISALIGNED_ADDRESS;
      default -> CudaException.LAUNCH_FAILED;
    };
  }
}
