package dev.gatun.ptx;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Runs the blocks of a launch, over several threads where that cannot change the result. Kernels
 * with atomics on global memory, and those that are observed, run block after block.
 */
final class BlockRunner {
  private final Emulator emulator;
  private final Launch launch;
  private final @Nullable Observer observer;
  private final AtomicLong next = new AtomicLong();
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

  BlockRunner(Emulator emulator, Launch launch, @Nullable Observer observer) {
    this.emulator = emulator;
    this.launch = launch;
    this.observer = observer;
  }

  void run() {
    boolean alone = launch.program().ordered() || observer != null;
    int threads = alone ? 1 : (int) Math.min(emulator.options().threads(), launch.blocks());
    List<Thread> others = new ArrayList<>();
    for (int i = 1; i < threads; i++) {
      others.add(Thread.ofPlatform().name("ptx-" + i).daemon().start(this::work));
    }
    work();
    for (Thread other : others) {
      join(other);
    }
    switch (failure.get()) {
      case null -> {}
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case Throwable e -> throw new AssertionError(e);
    }
  }

  private void work() {
    try (Block block = new Block(emulator, launch, observer)) {
      long blocks = launch.blocks();
      for (long i = next.getAndIncrement();
          i < blocks && failure.get() == null;
          i = next.getAndIncrement()) {
        block.run(i);
      }
      emulator.countExecuted(block.executed());
    } catch (RuntimeException | Error e) {
      failure.compareAndSet(null, e);
    }
  }

  private static void join(Thread thread) {
    boolean interrupted = false;
    while (true) {
      try {
        thread.join();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
