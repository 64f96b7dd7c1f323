package dev.gatun.ptx;

import dev.gatun.device.Command.Dim3;

/**
 * One launch of a kernel.
 *
 * @param parameters the bytes of the parameters, laid out as the program says
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Launch(Program program, Dim3 grid, Dim3 block, int sharedBytes, byte[] parameters) {
  int threads() {
    return block.x() * block.y() * block.z();
  }

  long blocks() {
    return (long) grid.x() * grid.y() * grid.z();
  }
}
