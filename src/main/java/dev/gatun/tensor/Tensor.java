package dev.gatun.tensor;

import dev.gatun.core.DType;
import dev.gatun.core.Shape;
import dev.gatun.core.ShapeException;
import dev.gatun.memory.Buffer;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A handle on a contiguous, row-major array: identity, shape, element type, memory.
 *
 * <p>The identity is what a gradient belongs to. A {@linkplain #view view} keeps identity and
 * memory and changes the shape alone, so a reshape costs nothing and needs no rule of
 * differentiation.
 */
public final class Tensor {
  private static final AtomicLong IDS = new AtomicLong();

  private final long id;
  private final TensorSpec spec;
  private final Buffer buffer;
  private final boolean tracked;

  private Tensor(long id, TensorSpec spec, Buffer buffer, boolean tracked) {
    if (buffer.bytes() < spec.bytes()) {
      throw new ShapeException(
          spec + " needs " + spec.bytes() + " bytes, the buffer has " + buffer.bytes());
    }
    if (tracked && !spec.dtype().isFloating()) {
      throw new IllegalArgumentException(
          "a tensor of " + spec.dtype() + " cannot carry a gradient");
    }
    this.id = id;
    this.spec = spec;
    this.buffer = buffer;
    this.tracked = tracked;
  }

  /** A tensor without gradient over this memory. */
  public static Tensor of(TensorSpec spec, Buffer buffer) {
    return new Tensor(IDS.incrementAndGet(), spec, buffer, false);
  }

  /** The same identity and memory, now taking part in differentiation. */
  public Tensor tracked() {
    return new Tensor(id, spec, buffer, true);
  }

  /** The same memory without a past: a gradient does not flow through. */
  public Tensor detached() {
    return new Tensor(IDS.incrementAndGet(), spec, buffer, false);
  }

  /** The same identity and memory under another shape with as many elements. */
  public Tensor view(Shape shape) {
    if (shape.elements() != shape().elements()) {
      throw new ShapeException(
          "[view] " + shape() + " cannot be seen as " + shape + ": element counts differ");
    }
    return new Tensor(id, new TensorSpec(shape, dtype()), buffer, tracked);
  }

  /** See {@link #view(Shape)}. */
  public Tensor view(int... sizes) {
    return view(Shape.of(sizes));
  }

  public long id() {
    return id;
  }

  public TensorSpec spec() {
    return spec;
  }

  public Shape shape() {
    return spec.shape();
  }

  public DType dtype() {
    return spec.dtype();
  }

  public Buffer buffer() {
    return buffer;
  }

  /** The memory; throws if it has been released. */
  public MemorySegment segment() {
    return buffer.segment();
  }

  /** Whether a gradient is wanted for this tensor or for one that it was computed from. */
  public boolean isTracked() {
    return tracked;
  }

  /** For example {@code F32[2, 3] #17}. */
  @Override
  public String toString() {
    return spec + " #" + id;
  }
}
