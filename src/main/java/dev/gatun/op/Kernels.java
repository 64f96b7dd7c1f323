package dev.gatun.op;

import dev.gatun.device.Command;
import dev.gatun.device.Command.Argument;
import dev.gatun.device.Command.Dim3;
import dev.gatun.device.Command.Launch;
import dev.gatun.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Launches by the grid rules that the kernels state. Nothing is launched where there is nothing to
 * compute.
 */
final class Kernels {
  /** Threads of a block, unless a kernel says otherwise. */
  static final int THREADS = 256;

  /** Instead of the address of something that is absent. */
  static final Argument NULL = new Argument.I64(0);

  private static final Dim3 BLOCK = new Dim3(THREADS, 1, 1);
  private static final int ELEMENTS_PER_BLOCK = 4 * THREADS;
  private static final int WARPS = THREADS / 32;

  /** The block of kernels that sum over rows, see {@code sum_rows.cuh}. */
  private static final Dim3 ROWS_BLOCK = new Dim3(32, 8, 1);

  /** From this many rows on, blocks share the rows of a column. */
  private static final int ROWS_OF_ONE_CHUNK = 512;

  private static final int MAX_CHUNKS = 64;

  private Kernels() {}

  /** Any launch. Arguments are tensors, ints, longs, floats, booleans as 0 or 1, and Arguments. */
  static Launch launch(String kernel, Dim3 grid, Dim3 block, Object... arguments) {
    List<Argument> converted = new ArrayList<>(arguments.length);
    for (Object argument : arguments) {
      converted.add(
          switch (argument) {
            case Tensor tensor -> new Argument.Address(tensor.buffer(), 0);
            case Argument given -> given;
            case Integer i -> new Argument.I32(i);
            case Long l -> new Argument.I64(l);
            case Float f -> new Argument.F32(f);
            case Boolean b -> new Argument.I32(b ? 1 : 0);
            default -> throw new IllegalArgumentException(kernel + " cannot take " + argument);
          });
    }
    return new Launch(kernel, grid, block, 0, converted);
  }

  /** A number of blocks of 256 threads. */
  static List<Command> blocks(String kernel, int blocks, Object... arguments) {
    return blocks == 0
        ? List.of()
        : List.of(launch(kernel, new Dim3(blocks, 1, 1), BLOCK, arguments));
  }

  /** Four of n elements per thread, see {@code pack.cuh}. */
  static List<Command> elements(String kernel, int n, Object... arguments) {
    return blocks(kernel, Math.ceilDiv(n, ELEMENTS_PER_BLOCK), arguments);
  }

  /** One thread for each of n pieces of work. */
  static List<Command> threads(String kernel, int n, Object... arguments) {
    return blocks(kernel, Math.ceilDiv(n, THREADS), arguments);
  }

  /** One warp for each of n pieces of work. */
  static List<Command> warps(String kernel, int n, Object... arguments) {
    return blocks(kernel, Math.ceilDiv(n, WARPS), arguments);
  }

  /**
   * A sum over rows into y of so many columns: in one launch, or in chunks that a second one adds
   * up.
   *
   * @param inputs the arguments of the kernel before its target
   */
  static List<Command> sumRows(
      String kernel, int rows, int columns, Tensor y, boolean accumulate, Object... inputs) {
    if (columns == 0) {
      return List.of();
    }
    int width = Math.ceilDiv(columns, 32);
    if (rows <= ROWS_OF_ONE_CHUNK) {
      return List.of(
          launch(
              kernel,
              new Dim3(width, 1, 1),
              ROWS_BLOCK,
              append(inputs, y, rows, columns, Math.max(1, rows), accumulate)));
    }
    int chunk = Math.max(ROWS_OF_ONE_CHUNK / 2, Math.ceilDiv(rows, MAX_CHUNKS));
    int chunks = Math.ceilDiv(rows, chunk);
    Argument partial = new Argument.Scratch(4L * chunks * columns);
    return List.of(
        launch(
            kernel,
            new Dim3(width, chunks, 1),
            ROWS_BLOCK,
            append(inputs, partial, rows, columns, chunk, false)),
        launch(
            "sum_rows_f32",
            new Dim3(width, 1, 1),
            ROWS_BLOCK,
            partial,
            y,
            chunks,
            columns,
            chunks,
            accumulate));
  }

  private static Object[] append(Object[] first, Object... second) {
    List<Object> all = new ArrayList<>(List.of(first));
    all.addAll(List.of(second));
    return all.toArray();
  }
}
