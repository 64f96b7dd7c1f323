package dev.gatun.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class ParallelTest {
  private final int threadsBefore = Parallel.threads();

  @AfterEach
  void restore() {
    Parallel.setThreads(threadsBefore);
  }

  @ParameterizedTest
  @CsvSource({
    "1,0,0,1",
    "2,0,0,1",
    "2,5,4,1",
    "1,0,100,1",
    "2,0,1,1",
    "2,3,100,1",
    "3,-7,13,2",
    "2,0,1000,7",
    "5,0,1000,1000",
    "8,10,1011,3",
    "2,2147483000,2147483647,5"
  })
  void coversEveryIndexOnce(int threads, int from, int to, int grain) {
    Parallel.setThreads(threads);
    AtomicIntegerArray visits = new AtomicIntegerArray(Math.max(0, to - from));
    Parallel.range(
        from,
        to,
        grain,
        (start, end) -> {
          assertTrue(start < end);
          assertTrue(end == to || end - start >= grain);
          for (int i = start; i < end; i++) {
            visits.incrementAndGet(i - from);
          }
        });
    for (int i = 0; i < visits.length(); i++) {
      assertEquals(1, visits.get(i), "index " + (from + i));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 8})
  void manySmallJobsLoseNothing(int threads) {
    Parallel.setThreads(threads);
    AtomicInteger sum = new AtomicInteger();
    for (int job = 0; job < 2_000; job++) {
      Parallel.run(5, sum::addAndGet);
    }
    assertEquals(2_000 * (0 + 1 + 2 + 3 + 4), sum.get());
  }

  @Test
  void allThreadsTakePart() {
    Parallel.setThreads(3);
    CountDownLatch together = new CountDownLatch(3);
    Set<Thread> seen = ConcurrentHashMap.newKeySet();
    Parallel.run(
        3,
        index -> {
          seen.add(Thread.currentThread());
          together.countDown();
          awaitQuietly(together);
        });
    assertEquals(3, seen.size());
    assertTrue(seen.contains(Thread.currentThread()));
  }

  @Test
  void workersWakeAfterTheyParked() throws InterruptedException {
    Parallel.setThreads(2);
    for (int i = 0; i < 5; i++) {
      Thread.sleep(5);
      CountDownLatch together = new CountDownLatch(2);
      Parallel.run(
          2,
          index -> {
            together.countDown();
            awaitQuietly(together);
          });
    }
  }

  @Test
  void nestedCallsStayOnTheirThread() {
    Parallel.setThreads(3);
    AtomicInteger inner = new AtomicInteger();
    Parallel.run(
        6,
        outer -> {
          Thread thread = Thread.currentThread();
          Parallel.range(
              0,
              100,
              1,
              (from, to) -> {
                assertSame(thread, Thread.currentThread());
                inner.addAndGet(to - from);
              });
        });
    assertEquals(600, inner.get());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void theExceptionReachesTheCallerAndThePoolSurvives(int threads) {
    Parallel.setThreads(threads);
    IllegalStateException thrown = new IllegalStateException("part 7");
    IllegalStateException caught =
        assertThrows(
            IllegalStateException.class,
            () ->
                Parallel.run(
                    20,
                    index -> {
                      if (index == 7) {
                        throw thrown;
                      }
                    }));
    assertSame(thrown, caught);
    AtomicInteger done = new AtomicInteger();
    Parallel.run(20, index -> done.incrementAndGet());
    assertEquals(20, done.get());
  }

  @Test
  void exceptionsOfSeveralPartsAreKept() {
    Parallel.setThreads(2);
    CountDownLatch together = new CountDownLatch(2);
    Error caught =
        assertThrows(
            AssertionError.class,
            () ->
                Parallel.run(
                    2,
                    index -> {
                      together.countDown();
                      awaitQuietly(together);
                      throw new AssertionError("part " + index);
                    }));
    assertEquals(1, caught.getSuppressed().length);
  }

  @Test
  void callersOnSeveralThreadsDoNotWaitForEachOther() throws InterruptedException {
    Parallel.setThreads(2);
    AtomicInteger sum = new AtomicInteger();
    Thread[] callers = new Thread[4];
    for (int i = 0; i < callers.length; i++) {
      callers[i] =
          new Thread(
              () -> {
                for (int job = 0; job < 500; job++) {
                  Parallel.range(0, 64, 1, (from, to) -> sum.addAndGet(to - from));
                }
              });
      callers[i].start();
    }
    for (Thread caller : callers) {
      caller.join();
    }
    assertEquals(4 * 500 * 64, sum.get());
  }

  @Test
  void anInterruptIsKeptForTheCaller() {
    Parallel.setThreads(2);
    Thread.currentThread().interrupt();
    AtomicInteger done = new AtomicInteger();
    Parallel.run(50, index -> done.incrementAndGet());
    assertEquals(50, done.get());
    assertTrue(Thread.interrupted());
  }

  @Test
  void refusesNonsense() {
    assertThrows(IllegalArgumentException.class, () -> Parallel.setThreads(0));
    assertThrows(IllegalArgumentException.class, () -> Parallel.range(0, 1, 0, (from, to) -> {}));
    Parallel.setThreads(2);
    assertThrows(
        IllegalStateException.class, () -> Parallel.run(4, index -> Parallel.setThreads(1)));
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
