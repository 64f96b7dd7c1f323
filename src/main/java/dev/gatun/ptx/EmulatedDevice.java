package dev.gatun.ptx;

import dev.gatun.cuda.CudaException;
import dev.gatun.cuda.DeviceAttribute;

/**
 * What the emulated device says of itself.
 *
 * @param computeCapability 75 or 80
 * @param multiprocessors how many blocks it runs at a time
 * @param totalBytes how much memory it says it has
 */
record EmulatedDevice(int computeCapability, int multiprocessors, long totalBytes) {
  /** There is only device 0. */
  static void requireOnly(int ordinal) {
    if (ordinal != 0) {
      throw new CudaException(
          CudaException.INVALID_DEVICE, "the emulator has one device, there is no " + ordinal);
    }
  }

  int attribute(DeviceAttribute attribute) {
    return switch (attribute) {
      case MAX_THREADS_PER_BLOCK, MAX_BLOCK_DIM_X, MAX_BLOCK_DIM_Y -> 1024;
      case MAX_BLOCK_DIM_Z -> 64;
      case MAX_GRID_DIM_X -> Integer.MAX_VALUE;
      case MAX_GRID_DIM_Y, MAX_GRID_DIM_Z -> 65_535;
      case MAX_SHARED_MEMORY_PER_BLOCK -> EmulatedFunction.DEFAULT_SHARED;
      case MAX_SHARED_MEMORY_PER_BLOCK_OPTIN -> LaunchLimits.SHARED;
      case WARP_SIZE -> Warp.LANES;
      case MAX_REGISTERS_PER_BLOCK -> 65_536;
      case MULTIPROCESSOR_COUNT -> multiprocessors;
      case COMPUTE_CAPABILITY_MAJOR -> computeCapability / 10;
      case COMPUTE_CAPABILITY_MINOR -> computeCapability % 10;
      case CLOCK_RATE, MEMORY_CLOCK_RATE -> 1_000_000;
      case GLOBAL_MEMORY_BUS_WIDTH -> 64;
    };
  }
}
