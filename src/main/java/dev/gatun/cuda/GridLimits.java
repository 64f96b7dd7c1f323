package dev.gatun.cuda;

import dev.gatun.core.DoesNotFitException;
import dev.gatun.device.Command.Dim3;
import dev.gatun.device.Command.Launch;

/** How many blocks a device starts at most in each direction. */
record GridLimits(String device, int x, int y, int z) {
  static GridLimits of(CudaDriver driver, int ordinal, String device) {
    return new GridLimits(
        device,
        driver.deviceAttribute(ordinal, DeviceAttribute.MAX_GRID_DIM_X),
        driver.deviceAttribute(ordinal, DeviceAttribute.MAX_GRID_DIM_Y),
        driver.deviceAttribute(ordinal, DeviceAttribute.MAX_GRID_DIM_Z));
  }

  /** Throws unless the grid of a launch is within them. */
  void require(Launch launch) {
    Dim3 grid = launch.grid();
    if (grid.x() > x || grid.y() > y || grid.z() > z) {
      throw new DoesNotFitException(
          ("kernel %s needs a grid of %,d x %,d x %,d blocks, and %s starts at most %,d x %,d x"
                  + " %,d: choose a smaller per_device_train_batch_size or context_length")
              .formatted(launch.kernel(), grid.x(), grid.y(), grid.z(), device, x, y, z));
    }
  }
}
