package dev.gatun.autograd;

import dev.gatun.memory.Buffer;
import dev.gatun.memory.Region;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The scope in which operations run: where results are allocated, and the tape on which they are
 * recorded. Bound to the driver thread by a scoped value; workers receive plain arguments.
 */
public final class Step {
  private static final ScopedValue<Step> CURRENT = ScopedValue.newInstance();

  private final Region region;
  private final @Nullable Tape tape;
  private final @Nullable List<Buffer> frame;

  private Step(Region region, @Nullable Tape tape, @Nullable List<Buffer> frame) {
    this.region = region;
    this.tape = tape;
    this.frame = frame;
  }

  /** Runs without recording: results in this region, no gradient. */
  public static <T extends @Nullable Object> T run(Region region, Supplier<T> body) {
    return bind(new Step(region, null, null), body);
  }

  /** Runs while recording on a tape. */
  public static <T extends @Nullable Object> T run(Region region, Tape tape, Supplier<T> body) {
    return bind(new Step(region, tape, CURRENT.isBound() ? CURRENT.get().frame : null), body);
  }

  /** Whether operations are being recorded. */
  public static boolean isRecording() {
    return CURRENT.isBound() && CURRENT.get().tape != null;
  }

  /** The scope of this thread. */
  static Step current() {
    if (!CURRENT.isBound()) {
      throw new IllegalStateException(
          "an operation ran outside a step: open one with Step.run(region, ...)");
    }
    return CURRENT.get();
  }

  /** The tape of this thread's scope, if it records. */
  public static @Nullable Tape tape() {
    return current().tape;
  }

  /** The region of this thread's scope. */
  public static Region region() {
    return current().region;
  }

  /** A tensor in the region of this scope, with unspecified contents. */
  public static Tensor allocate(TensorSpec spec) {
    Step step = current();
    Buffer buffer = step.region.allocate(spec.bytes());
    if (step.frame != null) {
      step.frame.add(buffer);
    }
    return Tensor.of(spec, buffer);
  }

  /**
   * Runs without recording and releases everything that the body allocated, except the memory of
   * its result. This is what keeps inference and recomputation at the memory of one block.
   */
  public static Tensor temporary(Supplier<Tensor> body) {
    Step outer = current();
    List<Buffer> frame = new ArrayList<>();
    Tensor result = bind(new Step(outer.region, null, frame), body);
    for (Buffer buffer : frame) {
      if (buffer == result.buffer()) {
        if (outer.frame != null) {
          outer.frame.add(buffer);
        }
      } else if (!buffer.isReleased()) {
        buffer.release();
      }
    }
    return result;
  }

  /**
   * Runs without recording; afterwards releases what was allocated and is neither released nor
   * kept.
   *
   * @param keeps whether a buffer has found an owner
   */
  static void transientScope(Region region, Runnable body, Predicate<Buffer> keeps) {
    List<Buffer> frame = new ArrayList<>();
    ScopedValue.where(CURRENT, new Step(region, null, frame)).run(body);
    for (Buffer buffer : frame) {
      if (!buffer.isReleased() && !keeps.test(buffer)) {
        buffer.release();
      }
    }
  }

  private static <T extends @Nullable Object> T bind(Step step, Supplier<T> body) {
    return ScopedValue.where(CURRENT, step).call(body::get);
  }
}
