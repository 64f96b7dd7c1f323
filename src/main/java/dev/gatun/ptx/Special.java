package dev.gatun.ptx;

import java.util.Set;

/** The special registers. */
final class Special {
  private static final Set<String> FIXED =
      Set.of(
          "%tid.x",
          "%tid.y",
          "%tid.z",
          "%ntid.x",
          "%ntid.y",
          "%ntid.z",
          "%ctaid.x",
          "%ctaid.y",
          "%ctaid.z",
          "%nctaid.x",
          "%nctaid.y",
          "%nctaid.z",
          "%laneid",
          "%warpid",
          "%nwarpid",
          "%smid",
          "%nsmid",
          "%gridid",
          "%lanemask_eq",
          "%lanemask_le",
          "%lanemask_lt",
          "%lanemask_ge",
          "%lanemask_gt",
          "%dynamic_smem_size",
          "%total_smem_size");

  private static final Set<String> MOVING =
      Set.of(
          "%clock", "%clock_hi", "%clock64", "%globaltimer", "%globaltimer_lo", "%globaltimer_hi");

  private Special() {}

  static void check(String name, Cursor cursor) {
    if (!FIXED.contains(name) && !MOVING.contains(name)) {
      throw cursor.refuse("\"" + name + "\" is neither declared nor a known special register");
    }
  }

  /** Whether its value changes while a warp runs. */
  static boolean moves(String name) {
    return MOVING.contains(name);
  }

  static Type type(String name) {
    return switch (name) {
      case "%clock64", "%globaltimer", "%gridid" -> Type.U64;
      default -> Type.U32;
    };
  }

  /** The value of one that does not move. */
  static long value(String name, Warp warp, int lane) {
    Block block = warp.block();
    int thread = warp.index() * Warp.LANES + lane;
    int x = block.launch().block().x();
    int y = block.launch().block().y();
    return switch (name) {
      case "%tid.x" -> thread % x;
      case "%tid.y" -> thread / x % y;
      case "%tid.z" -> thread / x / y;
      case "%ntid.x" -> x;
      case "%ntid.y" -> y;
      case "%ntid.z" -> block.launch().block().z();
      case "%ctaid.x" -> block.x();
      case "%ctaid.y" -> block.y();
      case "%ctaid.z" -> block.z();
      case "%nctaid.x" -> block.launch().grid().x();
      case "%nctaid.y" -> block.launch().grid().y();
      case "%nctaid.z" -> block.launch().grid().z();
      case "%laneid" -> lane;
      case "%warpid" -> warp.index();
      case "%nwarpid" -> block.warps();
      case "%smid", "%gridid" -> 0;
      case "%nsmid" -> 1;
      case "%lanemask_eq" -> 1L << lane;
      case "%lanemask_le" -> (2L << lane) - 1;
      case "%lanemask_lt" -> (1L << lane) - 1;
      case "%lanemask_ge" -> 0xffff_ffffL & -(1L << lane);
      case "%lanemask_gt" -> 0xffff_ffffL & -(2L << lane);
      case "%dynamic_smem_size" -> block.launch().sharedBytes();
      case "%total_smem_size" -> block.sharedBytes();
      default -> throw new AssertionError("special register " + name);
    };
  }
}
