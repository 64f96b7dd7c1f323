package dev.gatun.ptx;

import org.jspecify.annotations.Nullable;

/** State spaces within generic addresses. */
final class Spaces {
  private Spaces() {}

  static Space of(Decoding decoding, String word) {
    return switch (word) {
      case "global" -> Space.GLOBAL;
      case "const" -> Space.CONST;
      case "shared", "shared::cta" -> Space.SHARED;
      case "local" -> Space.LOCAL;
      case "param", "param::entry", "param::func" -> Space.PARAM;
      default -> throw decoding.refuse("." + word + " is not supported");
    };
  }

  /** Takes a space from the modifiers; generic if there is none. */
  static Space take(Decoding decoding) {
    String word =
        decoding.oneOf(
            "",
            "global",
            "const",
            "shared",
            "shared::cta",
            "local",
            "param",
            "param::entry",
            "param::func");
    return word.isEmpty() ? Space.GENERIC : of(decoding, word);
  }

  /** Where a space begins among generic addresses. */
  static long window(Space space) {
    return switch (space) {
      case SHARED -> Block.SHARED_WINDOW;
      case LOCAL -> Block.LOCAL_WINDOW;
      case PARAM -> Block.PARAMETER_WINDOW;
      case GENERIC, GLOBAL, CONST -> 0;
    };
  }

  /** Whether a generic address belongs to a space. */
  static boolean holds(Space space, long address) {
    return switch (space) {
      case SHARED, LOCAL, PARAM ->
          address >= window(space) && address < window(space) + Block.WINDOW;
      case GLOBAL -> address >= GlobalMemory.BASE;
      case CONST -> address >= GlobalMemory.CONSTANT_BASE && address < GlobalMemory.BASE;
      case GENERIC -> true;
    };
  }

  /** The memory of a block at an address of a space, or null. */
  static @Nullable View view(Block block, Space space, long address, long bytes) {
    View view =
        switch (space) {
          case SHARED -> block.sharedView;
          case LOCAL -> block.localView;
          case PARAM ->
              address >= Block.PARAMETER_WINDOW ? block.parameterWindow : block.parameterView;
          case GLOBAL, CONST -> block.emulator().memory().nearest(address);
          case GENERIC -> generic(block, address);
        };
    return view != null && view.contains(address, bytes) ? view : null;
  }

  private static @Nullable View generic(Block block, long address) {
    if (holds(Space.SHARED, address)) {
      return block.sharedWindow;
    }
    if (holds(Space.LOCAL, address)) {
      return block.localWindow;
    }
    if (holds(Space.PARAM, address)) {
      return block.parameterWindow;
    }
    return block.emulator().memory().nearest(address);
  }
}
