package dev.gatun.device;

import dev.gatun.memory.Buffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A piece of work as data: what an operation wants done, without saying by which driver. */
public sealed interface Command {
  /** A grid or block of threads; each size at least 1. */
  record Dim3(int x, int y, int z) {
    public Dim3 {
      if (x < 1 || y < 1 || z < 1) {
        throw new IllegalArgumentException(
            "a launch size must be positive: " + x + "," + y + "," + z);
      }
    }
  }

  /** One argument of a kernel. */
  sealed interface Argument {
    record Address(Buffer buffer, long offset) implements Argument {}

    record I32(int value) implements Argument {}

    record I64(long value) implements Argument {}

    record F32(float value) implements Argument {}

    /**
     * The address of memory that the queue lends to the commands of one operation, which follow
     * each other: what one of them writes there the next can read.
     *
     * @param bytes of the whole memory, the same in all commands that share it
     * @param offset of the address in it
     */
    record Scratch(long bytes, long offset) implements Argument {
      /** Where the memory begins. */
      public Scratch(long bytes) {
        this(bytes, 0);
      }
    }
  }

  /**
   * A kernel launch.
   *
   * @param kernel the entry name, {@code <op>_<pass>_<dtype>}
   * @param sharedBytes dynamic shared memory
   */
  record Launch(String kernel, Dim3 grid, Dim3 block, int sharedBytes, List<Argument> arguments)
      implements Command {
    public Launch {
      arguments = List.copyOf(arguments);
    }
  }

  /**
   * {@code C[M,N] = op(A)·op(B) (+ bias[N]) (+ C)} in F32, row-major; a transposed operand is
   * stored as its transpose.
   *
   * @param bias added to every row, or null
   * @param accumulate whether C is added to
   */
  record Gemm(
      boolean transposeA,
      boolean transposeB,
      int m,
      int n,
      int k,
      Buffer a,
      Buffer b,
      @Nullable Buffer bias,
      Buffer c,
      boolean accumulate)
      implements Command {}

  /** Copies bytes between two buffers of one device. */
  record Copy(Buffer source, long sourceOffset, Buffer target, long targetOffset, long bytes)
      implements Command {}

  /** Sets every 32-bit word of a range. */
  record Fill(Buffer target, long offset, long bytes, int word) implements Command {}
}
