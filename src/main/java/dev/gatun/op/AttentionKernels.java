package dev.gatun.op;

import dev.gatun.device.Command;
import dev.gatun.device.Command.Argument;
import dev.gatun.device.Command.Dim3;
import dev.gatun.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** The launches of {@link Attention}: kernels exist for four sizes of head. */
record AttentionKernels(Attention op, AttentionSizes sizes) {
  private static final List<Integer> HEAD_SIZES = List.of(32, 64, 128, 256);

  /**
   * q, k, v, (starts, key) → y, lse. One query per sequence, as in decoding, has a kernel of its
   * own.
   */
  List<Command> forward(List<?> in, List<Tensor> out) {
    if (sizes.batch() == 0 || sizes.queries() == 0) {
      return List.of();
    }
    int size = headSize();
    List<Object> arguments = arguments(in);
    Collections.addAll(arguments, out.get(0), out.get(1));
    if (sizes.queries() == 1 && !op.drops()) {
      Dim3 grid = new Dim3(sizes.heads(), sizes.batch(), 1);
      return List.of(launch("attention_decode_", size, grid, 256, in, arguments));
    }
    int tile = size <= 128 ? 32 : 8;
    Dim3 grid = new Dim3(Math.ceilDiv(sizes.queries(), tile), sizes.heads(), sizes.batch());
    return List.of(launch("attention_forward_", size, grid, 256, in, arguments));
  }

  /** The bytes of δ [B,H,T], which the backward pass needs beside its results. */
  long deltaBytes() {
    return 4L * Math.max(1, rows());
  }

  private int rows() {
    return sizes.batch() * sizes.queries() * sizes.heads();
  }

  /** q, k, v, (starts, key,) y, lse, dy → δ, dq, dk, dv. */
  List<Command> backward(List<?> in, Tensor y, Tensor lse, Tensor dy, Argument delta, List<?> out) {
    if (sizes.batch() == 0) {
      return List.of();
    }
    int rows = rows();
    List<Command> commands = new ArrayList<>();
    commands.addAll(
        Kernels.warps(
            "attention_delta_f32",
            rows,
            dy,
            y,
            delta,
            rows,
            sizes.queries(),
            sizes.heads(),
            sizes.headDim()));
    int size = headSize();
    int threads = size <= 128 ? 256 : 128;
    int tile = size <= 64 ? 32 : size == 128 ? 16 : 4;
    List<Object> shared = arguments(in);
    Collections.addAll(shared, lse, delta, dy);
    if (sizes.queries() > 0) {
      List<Object> arguments = new ArrayList<>(shared);
      arguments.add(out.get(0));
      Dim3 grid = new Dim3(Math.ceilDiv(sizes.queries(), tile), sizes.heads(), sizes.batch());
      commands.add(launch("attention_backward_queries_", size, grid, threads, in, arguments));
    }
    if (sizes.keys() > 0) {
      Collections.addAll(shared, out.get(1), out.get(2));
      Dim3 grid = new Dim3(Math.ceilDiv(sizes.keys(), tile), sizes.groups(), sizes.batch());
      commands.add(launch("attention_backward_keys_", size, grid, threads, in, shared));
    }
    return commands;
  }

  private int headSize() {
    for (int size : HEAD_SIZES) {
      if (sizes.headDim() <= size) {
        return size;
      }
    }
    throw new IllegalArgumentException(
        "[%s] has no kernel for heads of %d dimensions: at most %d"
            .formatted(op.name(), sizes.headDim(), HEAD_SIZES.getLast()));
  }

  private List<Object> arguments(List<?> in) {
    List<Object> arguments = new ArrayList<>(in.subList(0, 3));
    arguments.add(op.starts() ? in.get(3) : Kernels.NULL);
    return arguments;
  }

  private Command launch(
      String kernel, int size, Dim3 grid, int threads, List<?> in, List<Object> arguments) {
    List<Object> all = new ArrayList<>(arguments);
    Collections.addAll(
        all,
        sizes.queries(),
        sizes.keys(),
        sizes.heads(),
        sizes.groups(),
        sizes.headDim(),
        op.offset(),
        op.window(),
        op.scale());
    if (op.drops()) {
      Dropout drop = op.dropout();
      Collections.addAll(
          all, in.get(op.inputs() - 1), drop.stream(), drop.threshold(), drop.scale());
    }
    String name = kernel + (op.drops() ? "dropout_" : "") + size + "_f32";
    return Kernels.launch(name, grid, new Dim3(threads, 1, 1), all.toArray());
  }
}
