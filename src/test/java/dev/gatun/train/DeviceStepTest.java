package dev.gatun.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.cuda.CudaDriver;
import dev.gatun.cuda.CudaException;
import dev.gatun.cuda.CudaMemory;
import dev.gatun.cuda.DriverCalls;
import dev.gatun.data.Batch;
import dev.gatun.memory.Region;
import dev.gatun.ptx.EmulatedDriver;
import dev.gatun.ptx.Options;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What one optimiser step asks of the driver, with graphs and without. */
final class DeviceStepTest {
  private static final int WARM_UP = 2;

  /**
   * The host waits once, for the loss and the norm of the gradients, which come in one piece;
   * whatever else waits for the device, memory that is given back included, is not there. What was
   * captured in the second step is launched in the third.
   */
  @ParameterizedTest
  @CsvSource({
    "80, 1, false, 0, false",
    "80, 3, false, 0.01, false",
    "80, 1, false, 0.01, true",
    "80, 3, true, 0.01, true",
    "75, 3, true, 0.01, true",
  })
  void waitsOnce(
      int capability, int microBatches, boolean bf16, double maxGradNorm, boolean graphs) {
    EmulatedDriver emulator = new EmulatedDriver(Options.standard(), capability, 1L << 30);
    DriverCalls calls = new DriverCalls(emulator);
    try (emulator;
        CudaMemory memory = TinyTraining.open(calls.driver());
        Region region = new Region("model", memory);
        TrainingStep step = TinyTraining.step(region, bf16, maxGradNorm)) {
      memory.setGraphs(graphs);
      List<Batch> group = Collections.nCopies(microBatches, TinyTraining.batch(5, 1));
      for (int i = 0; i < WARM_UP; i++) {
        TinyTraining.run(step, group, () -> {});
      }
      calls.forget();
      StepReport report = TinyTraining.run(step, group, () -> {});
      assertTrue(report.gradNorm() > 0.01, report::toString);
      assertEquals(List.of("synchronizeStream"), calls.waits());
      assertEquals(1, count(calls, "copyToHostAsync"));
      assertEquals(0, count(calls, "allocate"));
      assertEquals(graphs ? 2 : 0, count(calls, "launchGraph"));
      assertEquals(graphs, count(calls, "launch") == 0);
      System.out.printf(
          "sm_%d, %d micro-batches, bf16 %b, graphs %b: %d calls of the driver%n",
          capability, microBatches, bf16, graphs, calls.names().size());
    }
  }

  private static int count(DriverCalls calls, String name) {
    return Collections.frequency(calls.names(), name);
  }

  /** Shapes come and go, so that some steps run, some are captured, some replayed. */
  private static List<List<Batch>> groups() {
    List<List<Batch>> groups = new ArrayList<>();
    for (int i = 0; i < 9; i++) {
      int length = i / 3 == 1 ? 5 : 3;
      groups.add(List.of(TinyTraining.batch(length, i), TinyTraining.batch(length - 1, i + 1)));
    }
    return groups;
  }

  private static List<Double> losses(TrainingStep step) {
    List<Double> losses = new ArrayList<>();
    groups().forEach(group -> losses.add(TinyTraining.run(step, group, () -> {}).loss()));
    return losses;
  }

  private static List<Double> plainLosses() {
    List<Double> losses = new ArrayList<>();
    onDevice(false, (step, calls) -> losses.addAll(losses(step)));
    return losses;
  }

  /**
   * What is sent while a step is computed is what the next one computes with, whatever their
   * shapes; graphs change no bit of it; and the host waits for none of this.
   */
  @Test
  void batchesTravelAhead() {
    List<Double> losses = plainLosses();
    List<List<Batch>> groups = groups();
    for (boolean graphs : new boolean[] {false, true}) {
      onDevice(
          graphs,
          (step, calls) -> {
            for (int i = 0; i < groups.size(); i++) {
              List<Batch> next = i + 1 < groups.size() ? groups.get(i + 1) : List.of();
              calls.forget();
              Runnable meanwhile = next.isEmpty() ? () -> {} : () -> step.send(next);
              StepReport report = TinyTraining.run(step, groups.get(i), meanwhile);
              assertEquals(losses.get(i), report.loss(), "loss of step " + (i + 1));
              assertEquals(1, count(calls, "synchronizeStream"));
            }
          });
    }
  }

  /** A shape runs as it is when it comes for the first time, and is captured the second time. */
  @Test
  void aShapeIsCapturedWhenItRepeats() {
    onDevice(
        true,
        (step, calls) -> {
          for (int length : new int[] {5, 7}) {
            List<Batch> group = List.of(TinyTraining.batch(length, 1));
            List<Integer> launches = new ArrayList<>();
            List<Integer> captures = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
              calls.forget();
              TinyTraining.run(step, group, () -> {});
              launches.add(count(calls, "launch"));
              captures.add(count(calls, "beginCapture"));
              assertEquals(captures.get(i), count(calls, "endCapture"));
            }
            assertTrue(launches.get(0) > 0 && captures.get(1) > 0, launches + " " + captures);
            assertEquals(List.of(0, 0), launches.subList(2, 4));
            assertEquals(List.of(0, 0), captures.subList(2, 4));
          }
        });
  }

  /** Where nothing can be captured, everything is computed as without graphs. */
  @Test
  void withoutCaptureTheWorkRunsAsItIs() {
    List<Double> expected = plainLosses();
    EmulatedDriver emulator = new EmulatedDriver(Options.standard(), 80, 1L << 30);
    CudaDriver old = DriverCalls.refusing(emulator, "beginCapture", CudaException.NOT_SUPPORTED);
    try (emulator) {
      assertEquals(expected, lossesOn(old));
    }
  }

  private static List<Double> lossesOn(CudaDriver driver) {
    try (CudaMemory memory = TinyTraining.open(driver);
        Region region = new Region("model", memory);
        TrainingStep step = TinyTraining.step(region, false, 1)) {
      return losses(step);
    }
  }

  private static void onDevice(boolean graphs, BiConsumer<TrainingStep, DriverCalls> body) {
    EmulatedDriver emulator = new EmulatedDriver(Options.standard(), 80, 1L << 30);
    DriverCalls calls = new DriverCalls(emulator);
    try (emulator;
        CudaMemory memory = TinyTraining.open(calls.driver());
        Region region = new Region("model", memory);
        TrainingStep step = TinyTraining.step(region, false, 1)) {
      memory.setGraphs(graphs);
      body.accept(step, calls);
      assertEquals(List.of(), emulator.findings());
    }
  }
}
