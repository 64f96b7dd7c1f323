package dev.gatun.ptx;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** A thread block: its warps, shared and local memory, barriers. One is reused for many blocks. */
final class Block implements AutoCloseable {
  static final long SHARED_WINDOW = 0x0100_0000_0000L;
  static final long LOCAL_WINDOW = 0x0200_0000_0000L;
  static final long PARAMETER_WINDOW = 0x0300_0000_0000L;
  static final long WINDOW = 0x0100_0000_0000L;

  private final Emulator emulator;
  private final Launch launch;
  private final Arena arena = Arena.ofConfined();
  private final Warp[] warps;
  private final Barrier[] barriers = new Barrier[16];
  private final SplittableRandom random;
  private final @Nullable Races races;
  private final @Nullable Observer observer;

  private final int sharedBytes;
  private final MemorySegment shared;
  private final MemorySegment sharedShadow;
  private final MemorySegment localShadow;
  final View sharedView;
  final View sharedWindow;
  final View localView;
  final View localWindow;
  final View parameterView;
  final View parameterWindow;

  private long number;
  private int live;

  Block(Emulator emulator, Launch launch, @Nullable Observer observer) {
    this.emulator = emulator;
    this.launch = launch;
    this.observer = observer;
    Program program = launch.program();
    boolean checks = emulator.options().sanitize();
    random = new SplittableRandom(emulator.options().seed());
    sharedBytes = program.dynamicShared() + launch.sharedBytes();
    shared = arena.allocate(Math.max(sharedBytes, 1), 128);
    sharedShadow = checks ? arena.allocate(Math.max(sharedBytes, 1), 64) : MemorySegment.NULL;
    int warpCount = (launch.threads() + Warp.LANES - 1) / Warp.LANES;
    races = checks && sharedBytes > 0 && warpCount > 1 ? Races.of(program, warpCount) : null;
    long localBytes = program.localBytes();
    long allLocal = Math.max(1, localBytes * warpCount * Warp.LANES);
    MemorySegment local = arena.allocate(allLocal, 64);
    localShadow = checks && localBytes > 0 ? arena.allocate(allLocal, 64) : MemorySegment.NULL;
    MemorySegment parameters = arena.allocate(Math.max(1, launch.parameters().length), 64);
    MemorySegment.copy(
        launch.parameters(), 0, parameters, View.BYTE, 0, launch.parameters().length);
    sharedView = sharedView(0);
    sharedWindow = sharedView(SHARED_WINDOW);
    localView = localView(local, 0, localBytes);
    localWindow = localView(local, LOCAL_WINDOW, localBytes);
    parameterView = parameterView(parameters, 0);
    parameterWindow = parameterView(parameters, PARAMETER_WINDOW);
    warps = new Warp[warpCount];
    Arrays.setAll(warps, i -> new Warp(this, i, program));
    Arrays.setAll(barriers, _ -> new Barrier());
  }

  private View sharedView(long base) {
    return new View(
        "shared memory",
        base,
        sharedBytes,
        shared.address(),
        sharedShadow.address(),
        0,
        true,
        true);
  }

  private static View viewOf(MemorySegment memory, String name, long base, long size) {
    return new View(name, base, size, memory.address(), 0, 0, false, false);
  }

  private View parameterView(MemorySegment memory, long base) {
    return viewOf(memory, "kernel parameters", base, launch.parameters().length);
  }

  private View localView(MemorySegment memory, long base, long size) {
    return new View(
        "local memory", base, size, memory.address(), localShadow.address(), size, false, true);
  }

  Launch launch() {
    return launch;
  }

  Emulator emulator() {
    return emulator;
  }

  @Nullable Observer observer() {
    return observer;
  }

  @Nullable Races races() {
    return races;
  }

  SplittableRandom random() {
    return random;
  }

  int sharedBytes() {
    return sharedBytes;
  }

  int warps() {
    return warps.length;
  }

  long number() {
    return number;
  }

  int x() {
    return (int) (number % launch.grid().x());
  }

  int y() {
    return (int) (number / launch.grid().x() % launch.grid().y());
  }

  int z() {
    return (int) (number / launch.grid().x() / launch.grid().y());
  }

  /** Instructions executed by all warps so far. */
  long executed() {
    long sum = 0;
    for (Warp warp : warps) {
      sum += warp.executed();
    }
    return sum;
  }

  /** Runs the block of this number, the x coordinate counting fastest. */
  void run(long blockNumber) {
    number = blockNumber;
    live = launch.threads();
    shared.fill((byte) 0xff);
    clear(sharedShadow);
    sharedView.forgetInitialised(0);
    sharedWindow.forgetInitialised(0);
    clear(localShadow);
    if (races != null) {
      races.reset(sharedBytes);
    }
    for (Barrier barrier : barriers) {
      barrier.reset();
    }
    for (Warp warp : warps) {
      warp.reset(Math.min(Warp.LANES, launch.threads() - warp.index() * Warp.LANES));
    }
    runWarps(order());
  }

  private static void clear(MemorySegment segment) {
    if (segment.address() != 0) {
      segment.fill((byte) 0);
    }
  }

  /** Each warp in turn until it waits; the order is the seed's. */
  private void runWarps(int[] order) {
    long[] begun = Arrays.stream(warps).mapToLong(Warp::executed).toArray();
    boolean progress = true;
    while (progress) {
      progress = false;
      int done = 0;
      for (int i : order) {
        Warp warp = warps[i];
        if (warp.live() == 0) {
          done++;
        } else if (warp.active() != 0 || warp.ready()) {
          progress = true;
          warp.run();
          if (warp.executed() - begun[i] > emulator.options().budget()) {
            throw endless(warp);
          }
          releaseComplete();
        }
      }
      if (done == order.length) {
        return;
      }
    }
    throw deadlock();
  }

  private int[] order() {
    int[] order = new int[warps.length];
    Arrays.setAll(order, i -> i);
    if (emulator.options().seed() != 0) {
      for (int i = order.length - 1; i > 0; i--) {
        int k = random.nextInt(i + 1);
        int swapped = order[i];
        order[i] = order[k];
        order[k] = swapped;
      }
    }
    return order;
  }

  /** Threads of a warp arrive at a barrier; see {@link Barrier#arrive}. */
  void arrive(int id, Warp warp, int mask, boolean waits, int threads, int expected, int holds) {
    barriers[id].arrive(warp.index(), mask, waits, threads, expected, holds);
    if (races != null) {
      races.arrive(id, warp.index());
    }
    if (waits) {
      warp.waitAtBarrier(mask);
    }
  }

  Barrier barrier(int id) {
    return barriers[id];
  }

  /** Threads have ended; barriers do not wait for them. */
  void exited(Warp warp, int count) {
    live -= count;
  }

  private void releaseComplete() {
    for (int id = 0; id < barriers.length; id++) {
      Barrier barrier = barriers[id];
      if (barrier.occupied() && barrier.complete(live)) {
        if (races != null) {
          races.open(id, barrier.waitingWarps());
        }
        barrier.open(warps);
      }
    }
  }

  private KernelFault endless(Warp warp) {
    Instruction[] code = launch.program().code();
    return fault(
        Finding.Kind.ENDLESS,
        warp,
        code[Math.min(warp.pc, code.length - 1)],
        Integer.numberOfTrailingZeros(warp.active() == 0 ? warp.live() : warp.active()),
        "the warp has executed more than %,d instructions and has not ended"
            .formatted(emulator.options().budget()));
  }

  private KernelFault deadlock() {
    for (int id = 0; id < barriers.length; id++) {
      for (Warp warp : warps) {
        int mask = barriers[id].waiting(warp.index());
        if (mask != 0) {
          return fault(
              Finding.Kind.DEADLOCK,
              warp,
              launch.program().code()[warp.barrierSite()],
              Integer.numberOfTrailingZeros(mask),
              "threads wait at barrier %d for others that never come: %s"
                  .formatted(id, barriers[id].attendance(live)));
        }
      }
    }
    throw new AssertionError("no warp can run and none waits");
  }

  KernelFault fault(Finding.Kind kind, Warp warp, Instruction at, int lane, String detail) {
    return new KernelFault(finding(kind, warp, at, lane, detail));
  }

  /** Notes something that does not stop the kernel. */
  void report(Finding.Kind kind, Warp warp, Instruction at, int lane, String detail) {
    emulator.report(at, finding(kind, warp, at, lane, detail));
  }

  private Finding finding(Finding.Kind kind, Warp warp, Instruction at, int lane, String detail) {
    String place = "(%d,%d,%d)".formatted(x(), y(), z());
    return new Finding(
        kind, launch.program().name(), at.source(), place, warp.index(), lane, detail);
  }

  @Override
  public void close() {
    arena.close();
  }
}
