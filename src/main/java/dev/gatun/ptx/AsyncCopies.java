package dev.gatun.ptx;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * The {@code cp.async} copies of a warp that are under way. They happen as late as the program
 * allows, when it waits for them: a wait that is missing then shows.
 */
final class AsyncCopies {
  /** One instruction: what it will do, and the lanes for which. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Pending(
      CopyAsync instruction, int mask, long[] targets, long[] sources, int[] sizes) {}

  private final Deque<List<Pending>> groups = new ArrayDeque<>();
  private List<Pending> open = new ArrayList<>();

  void clear() {
    groups.clear();
    open.clear();
  }

  /**
   * Puts a copy off.
   *
   * @param sizes how many bytes each lane reads
   */
  void add(CopyAsync instruction, int mask, long[] targets, long[] sources, int[] sizes) {
    open.add(new Pending(instruction, mask, targets, sources, sizes));
  }

  /** Ends a group. */
  void commit() {
    groups.add(open);
    open = new ArrayList<>();
  }

  /** Completes all but the newest groups. */
  void await(Warp warp, int newest) {
    while (groups.size() > newest) {
      perform(warp, groups.remove());
    }
  }

  /** Completes everything. */
  void finish(Warp warp) {
    if (groups.isEmpty() && open.isEmpty()) {
      return;
    }
    await(warp, 0);
    perform(warp, open);
    open.clear();
  }

  private static void perform(Warp warp, List<Pending> copies) {
    for (Pending copy : copies) {
      copy.instruction.perform(warp, copy.mask, copy.targets, copy.sources, copy.sizes);
    }
  }
}
