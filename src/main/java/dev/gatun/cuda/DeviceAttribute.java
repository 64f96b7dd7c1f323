package dev.gatun.cuda;

/** What can be asked of a device; the numbers are those of {@code CUdevice_attribute}. */
public enum DeviceAttribute {
  MAX_THREADS_PER_BLOCK(1),
  MAX_BLOCK_DIM_X(2),
  MAX_BLOCK_DIM_Y(3),
  MAX_BLOCK_DIM_Z(4),
  MAX_GRID_DIM_X(5),
  MAX_GRID_DIM_Y(6),
  MAX_GRID_DIM_Z(7),
  MAX_SHARED_MEMORY_PER_BLOCK(8),
  WARP_SIZE(10),
  MAX_REGISTERS_PER_BLOCK(12),
  CLOCK_RATE(13),
  MULTIPROCESSOR_COUNT(16),
  MEMORY_CLOCK_RATE(36),
  GLOBAL_MEMORY_BUS_WIDTH(37),
  COMPUTE_CAPABILITY_MAJOR(75),
  COMPUTE_CAPABILITY_MINOR(76),
  MAX_SHARED_MEMORY_PER_BLOCK_OPTIN(97);

  private final int number;

  DeviceAttribute(int number) {
    this.number = number;
  }

  /** The value of {@code CUdevice_attribute}. */
  public int number() {
    return number;
  }
}
