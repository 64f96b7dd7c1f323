package dev.gatun.ptx;

/**
 * 32 threads that execute together. Where they diverge they split into groups with a program
 * counter each; the group with the lowest one runs, and groups that meet merge.
 */
final class Warp {
  static final int LANES = 32;
  private static final int QUANTUM = 4096;
  private static final int TURN = 64;

  /** How a call of {@link #run} ended. */
  enum State {
    /** It could go on. */
    READY,
    /** It waits for other warps. */
    AT_BARRIER,
    DONE
  }

  private enum Wait {
    NOTHING,
    /** For lanes of this warp to come to the same instruction. */
    LANES,
    BARRIER
  }

  /** Lanes that are elsewhere than the group that runs. */
  private static final class Group {
    int pc;
    int mask;
    int needed;
    Wait wait = Wait.NOTHING;
  }

  final int[][] ints;
  final long[][] longs;
  final int[] predicates;
  final int[] result = new int[LANES];
  final long[] wideResult = new long[LANES];
  final long[] addresses = new long[LANES];

  /** The carry flags of {@code add.cc} and its kin. */
  int carry;

  int pc;
  private int active;
  private int live;
  private int born;

  /** When the program counter reaches it, groups must be looked at again. */
  private int limit;

  private final Block block;
  private final int index;
  private final Program program;
  private final Group[] groups = new Group[LANES];
  private int groupCount;
  private long executed;
  private boolean rotated;
  final AsyncCopies copies = new AsyncCopies();

  Warp(Block block, int index, Program program) {
    this.block = block;
    this.index = index;
    this.program = program;
    ints = new int[program.intRows()][LANES];
    longs = new long[program.longRows()][LANES];
    predicates = new int[program.predicateRows()];
    for (int i = 0; i < LANES; i++) {
      groups[i] = new Group();
    }
    program.fillConstants(this);
  }

  Block block() {
    return block;
  }

  int index() {
    return index;
  }

  Program program() {
    return program;
  }

  /** The lanes that run now. */
  int active() {
    return active;
  }

  /** The lanes that have not exited. */
  int live() {
    return live;
  }

  /** The lanes that the block has threads for. */
  int born() {
    return born;
  }

  /** Instructions executed. */
  long executed() {
    return executed;
  }

  /** Begins a block. */
  void reset(int lanes) {
    program.fillRegisters(this);
    live = lanes == LANES ? -1 : (1 << lanes) - 1;
    born = live;
    active = live;
    pc = 0;
    carry = 0;
    groupCount = 0;
    limit = Integer.MAX_VALUE;
    copies.clear();
  }

  /** Runs until the warp waits for others, ends, or has had its turn. */
  State run() {
    if (active == 0 && !choose()) {
      return idle();
    }
    Instruction[] code = program.code();
    Observer observer = block.observer();
    int turn = TURN;
    while (true) {
      int budget = QUANTUM;
      while (--budget >= 0) {
        Instruction instruction = code[pc++];
        int mask = active;
        if (instruction.guard >= 0) {
          mask &= predicates[instruction.guard] ^ instruction.guardFlip;
        }
        if (observer != null) {
          observer.before(this, instruction, mask);
        }
        if (mask != 0) {
          instruction.execute(this, mask);
        }
        if (observer != null) {
          observer.after(this, instruction, mask);
        }
        if (pc >= limit && !regroup()) {
          executed += QUANTUM - budget;
          return idle();
        }
      }
      executed += QUANTUM;
      rotate();
      if (--turn == 0) {
        return State.READY;
      }
    }
  }

  private State idle() {
    if (live == 0) {
      return State.DONE;
    }
    for (int i = 0; i < groupCount; i++) {
      if (groups[i].wait == Wait.BARRIER) {
        return State.AT_BARRIER;
      }
    }
    throw stuck();
  }

  /** Sends the lanes of {@code taken} to {@code target}; the other active ones go on. */
  void branch(int target, int taken) {
    int rest = active & ~taken;
    if (rest == 0) {
      pc = target;
      return;
    }
    if (target == pc) {
      return;
    }
    push(target, taken, Wait.NOTHING, 0);
    active = rest;
    limit = -1;
  }

  /** Ends lanes. */
  void exit(int mask) {
    active &= ~mask;
    live &= ~mask;
    if (active == 0 || groupCount > 0) {
      limit = -1;
    }
    if (live == 0) {
      copies.finish(this);
    }
    block.exited(this, Integer.bitCount(mask));
  }

  /**
   * Whether all live lanes of a mask are at the current instruction. If not, the present ones wait
   * at it for the others, and the instruction does nothing now.
   */
  boolean gather(int needed, int mask) {
    if ((needed & live & ~mask) == 0) {
      return true;
    }
    int rest = active & ~mask;
    push(pc - 1, mask, Wait.LANES, needed);
    active = rest;
    limit = -1;
    return false;
  }

  /** Parks lanes until the block releases a barrier. */
  void waitAtBarrier(int mask) {
    push(pc, mask, Wait.BARRIER, 0);
    active &= ~mask;
    limit = -1;
  }

  /** Lets lanes go on that wait at a barrier. */
  void release(int mask) {
    for (int i = 0; i < groupCount; i++) {
      if (groups[i].wait == Wait.BARRIER && (groups[i].mask & mask) != 0) {
        groups[i].wait = Wait.NOTHING;
      }
    }
  }

  /** Whether a group could run. */
  boolean ready() {
    return lowest() >= 0;
  }

  /** The instruction of a group that waits at a barrier. */
  int barrierSite() {
    for (int i = 0; i < groupCount; i++) {
      if (groups[i].wait == Wait.BARRIER) {
        return groups[i].pc - 1;
      }
    }
    return 0;
  }

  private void push(int at, int mask, Wait wait, int needed) {
    Group group = groups[groupCount++];
    group.pc = at;
    group.mask = mask;
    group.wait = wait;
    group.needed = needed;
  }

  private void drop(int i) {
    Group dropped = groups[i];
    groups[i] = groups[--groupCount];
    groups[groupCount] = dropped;
  }

  private boolean regroup() {
    if (active != 0) {
      push(pc, active, Wait.NOTHING, 0);
      active = 0;
    }
    return choose();
  }

  /** Makes the runnable group with the lowest program counter the running one. */
  private boolean choose() {
    merge();
    int best = lowest();
    if (best < 0) {
      wake();
      best = lowest();
    }
    if (best < 0) {
      limit = -1;
      return false;
    }
    take(best);
    return true;
  }

  private void take(int i) {
    pc = groups[i].pc;
    active = groups[i].mask;
    drop(i);
    limit = Integer.MAX_VALUE;
    for (int k = 0; k < groupCount; k++) {
      if (groups[k].wait != Wait.BARRIER) {
        limit = Math.min(limit, Math.max(groups[k].pc, 0));
      }
    }
  }

  private int lowest() {
    int best = -1;
    for (int i = 0; i < groupCount; i++) {
      if (groups[i].wait == Wait.NOTHING && (best < 0 || groups[i].pc < groups[best].pc)) {
        best = i;
      }
    }
    return best;
  }

  /** Joins groups that stand at the same instruction. */
  private void merge() {
    for (int i = 0; i < groupCount; i++) {
      for (int k = groupCount - 1; k > i; k--) {
        Group a = groups[i];
        Group b = groups[k];
        if (a.pc == b.pc && a.wait != Wait.BARRIER && b.wait != Wait.BARRIER) {
          a.mask |= b.mask;
          a.wait = a.wait == b.wait ? a.wait : Wait.NOTHING;
          if (a.wait == Wait.LANES && (a.needed & live & ~a.mask) == 0) {
            a.wait = Wait.NOTHING;
          }
          drop(k);
        }
      }
    }
  }

  /** Lanes for which a group waits may have exited; warp barriers join from several places. */
  private void wake() {
    for (int i = 0; i < groupCount; i++) {
      Group group = groups[i];
      if (group.wait == Wait.LANES && (group.needed & live & ~group.mask) == 0) {
        group.wait = Wait.NOTHING;
      }
    }
    if (lowest() < 0) {
      joinWarpBarriers();
    }
  }

  /** {@code bar.warp.sync} with one mask may be reached at several instructions. */
  private void joinWarpBarriers() {
    for (int i = 0; i < groupCount; i++) {
      int needed = groups[i].needed;
      int present = 0;
      for (int k = 0; k < groupCount; k++) {
        present |= isWarpBarrier(groups[k], needed) ? groups[k].mask : 0;
      }
      if (isWarpBarrier(groups[i], needed) && (needed & live & ~present) == 0) {
        for (int k = 0; k < groupCount; k++) {
          if (isWarpBarrier(groups[k], needed)) {
            groups[k].wait = Wait.NOTHING;
            groups[k].pc++;
          }
        }
        return;
      }
    }
  }

  private boolean isWarpBarrier(Group group, int needed) {
    return group.wait == Wait.LANES
        && group.needed == needed
        && program.code()[group.pc] instanceof WarpBarrier;
  }

  /**
   * A group that spins must not keep the others from what it spins for: after a quantum another one
   * runs for a quantum, wherever it is; then the lowest again.
   */
  private void rotate() {
    if (groupCount == 0) {
      return;
    }
    limit = -1;
    rotated = !rotated;
    for (int i = 0; rotated && i < groupCount; i++) {
      if (groups[i].wait == Wait.NOTHING) {
        push(pc, active, Wait.NOTHING, 0);
        take(i);
        limit = Integer.MAX_VALUE;
        return;
      }
    }
  }

  private KernelFault stuck() {
    Group group = groups[0];
    Instruction instruction = program.code()[group.pc];
    int missing = group.needed & live & ~group.mask;
    boolean barrier = instruction instanceof BlockBarrier;
    StringBuilder elsewhere = new StringBuilder();
    for (int i = 1; i < groupCount; i++) {
      elsewhere.append(
          "; lanes 0x%08x wait at line %d"
              .formatted(groups[i].mask, program.code()[groups[i].pc].source().line()));
    }
    return block.fault(
        barrier ? Finding.Kind.DIVERGENT_BARRIER : Finding.Kind.MISSING_LANES,
        this,
        instruction,
        Integer.numberOfTrailingZeros(missing),
        "lanes 0x%08x are here, lanes 0x%08x never come%s"
            .formatted(group.mask, missing, elsewhere));
  }
}
