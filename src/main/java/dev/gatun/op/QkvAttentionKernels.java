package dev.gatun.op;

import dev.gatun.core.Shape;
import dev.gatun.device.Command;
import dev.gatun.device.Command.Argument;
import dev.gatun.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * The launches of {@link QkvAttention}: those of {@link Attention} between copies. The parts of a
 * row lie one after the other in memory that the queue lends, and after them, in the backward pass,
 * their gradients and δ; so nothing but qkv itself is kept from the forward pass to the backward.
 */
record QkvAttentionKernels(QkvAttention op, Shape qkv) {
  /** Queries, keys or values: the heads of a row from one on. */
  private record Part(int from, int heads) {}

  private List<Part> parts() {
    int heads = qkv.size(2) - 2 * op.groups();
    return List.of(
        new Part(0, heads),
        new Part(heads, op.groups()),
        new Part(heads + op.groups(), op.groups()));
  }

  private int tokens() {
    return Math.multiplyExact(qkv.size(0), qkv.size(1));
  }

  /** qkv, (starts) → y, lse. */
  List<Command> forward(List<Tensor> in, List<Tensor> out) {
    List<Argument> parts = lent(bytes(), 0);
    List<Command> commands = new ArrayList<>(apart(in.getFirst(), parts));
    commands.addAll(kernels().forward(inputs(parts, in), out));
    return commands;
  }

  /** qkv, (starts,) y, lse, dy → dqkv. */
  List<Command> backward(List<Tensor> in, Tensor y, Tensor lse, Tensor dy, Tensor dqkv) {
    AttentionKernels kernels = kernels();
    long all = 2 * bytes() + kernels.deltaBytes();
    List<Argument> parts = lent(all, 0);
    List<Argument> gradients = lent(all, bytes());
    Argument delta = new Argument.Scratch(all, 2 * bytes());
    List<Command> commands = new ArrayList<>(apart(in.getFirst(), parts));
    commands.addAll(kernels.backward(inputs(parts, in), y, lse, dy, delta, gradients));
    commands.addAll(together(gradients, dqkv));
    return commands;
  }

  private AttentionKernels kernels() {
    return new AttentionKernels(
        op.attention(), AttentionSizes.of(shape(parts().getFirst()), shape(parts().getLast())));
  }

  private Shape shape(Part part) {
    return qkv.with(2, part.heads());
  }

  private long bytes() {
    return Float.BYTES * qkv.elements();
  }

  /** Room for the three parts. */
  private List<Argument> lent(long all, long offset) {
    List<Argument> lent = new ArrayList<>();
    long at = offset;
    for (Part part : parts()) {
      lent.add(new Argument.Scratch(all, at));
      at += Float.BYTES * shape(part).elements();
    }
    return lent;
  }

  private List<Object> inputs(List<Argument> parts, List<Tensor> in) {
    List<Object> inputs = new ArrayList<>(parts);
    inputs.addAll(in.subList(1, op.attention().inputs() - 2));
    return inputs;
  }

  private List<Command> apart(Tensor source, List<Argument> targets) {
    List<Command> commands = new ArrayList<>();
    for (int i = 0; i < targets.size(); i++) {
      Part part = parts().get(i);
      commands.addAll(copy(part, source, row(), part.from(), targets.get(i), part.heads(), 0));
    }
    return commands;
  }

  private List<Command> together(List<Argument> sources, Tensor target) {
    List<Command> commands = new ArrayList<>();
    for (int i = 0; i < sources.size(); i++) {
      Part part = parts().get(i);
      commands.addAll(copy(part, sources.get(i), part.heads(), 0, target, row(), part.from()));
    }
    return commands;
  }

  /** The heads of a whole row. */
  private int row() {
    return qkv.size(2);
  }

  /** Copies a part of each token between rows of so many heads, from a head of each row on. */
  private List<Command> copy(
      Part part, Object source, int sourceRow, int sourceFrom, Object target, int row, int from) {
    int dim = qkv.size(3);
    int count = part.heads() * dim;
    int n = Math.multiplyExact(tokens(), count);
    return Kernels.threads(
        "copy_blocks_b32",
        n,
        source,
        target,
        n,
        count,
        sourceRow * dim,
        sourceFrom * dim,
        row * dim,
        from * dim);
  }
}
