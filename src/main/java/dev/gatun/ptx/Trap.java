package dev.gatun.ptx;

/** trap and brkpt: end the kernel. */
final class Trap extends Instruction {
  @Override
  void execute(Warp warp, int mask) {
    throw warp.block()
        .fault(
            Finding.Kind.TRAP,
            warp,
            this,
            Integer.numberOfTrailingZeros(mask),
            "the kernel stops itself");
  }
}
