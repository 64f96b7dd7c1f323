package dev.gatun.ptx;

import dev.gatun.core.ConfigurationException;
import dev.gatun.device.Command.Dim3;

/** The limits that every device of the last ten years has. */
final class LaunchLimits {
  private static final int THREADS = 1024;
  private static final int BLOCK_Z = 64;
  private static final int GRID_YZ = 65_535;
  private static final int STATIC_SHARED = 48 << 10;
  static final int SHARED = 96 << 10;

  private LaunchLimits() {}

  static void check(Launch launch) {
    Dim3 block = launch.block();
    Dim3 grid = launch.grid();
    Program program = launch.program();
    Function function = program.function();
    long threads = (long) block.x() * block.y() * block.z();
    require(
        threads <= THREADS && block.z() <= BLOCK_Z,
        launch,
        "a block has at most 1,024 threads, and 64 in z; this has " + text(block));
    require(
        grid.y() <= GRID_YZ && grid.z() <= GRID_YZ,
        launch,
        "a grid has at most 65,535 blocks in y and in z; this has " + text(grid));
    require(
        function.maxThreads() == 0 || threads <= function.maxThreads(),
        launch,
        "it is compiled for %d threads a block, not %d".formatted(function.maxThreads(), threads));
    int[] required = function.required();
    require(
        required == null
            || (required[0] == block.x() && required[1] == block.y() && required[2] == block.z()),
        launch,
        "it requires another block size than " + text(block));
    require(
        program.dynamicShared() <= STATIC_SHARED,
        launch,
        "static shared memory is at most 49,152 bytes; it has " + program.dynamicShared());
    require(
        launch.sharedBytes() >= 0,
        launch,
        "dynamic shared memory is not negative; this is " + launch.sharedBytes());
    require(
        (long) program.dynamicShared() + launch.sharedBytes() <= SHARED,
        launch,
        "shared memory is at most %,d bytes; it asks for %,d"
            .formatted(SHARED, (long) program.dynamicShared() + launch.sharedBytes()));
    require(
        launch.parameters().length == program.parameterBytes(),
        launch,
        "its parameters have %d bytes, the launch gives %d"
            .formatted(program.parameterBytes(), launch.parameters().length));
  }

  private static void require(boolean holds, Launch launch, String otherwise) {
    if (!holds) {
      throw new ConfigurationException("kernel " + launch.program().name() + ": " + otherwise);
    }
  }

  private static String text(Dim3 size) {
    return size.x() + "," + size.y() + "," + size.z();
  }
}
