package dev.gatun.op;

import dev.gatun.core.DType;
import dev.gatun.device.Command;
import dev.gatun.device.DeviceMemory;
import dev.gatun.memory.Storage;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.TensorSpec;
import dev.gatun.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;

/**
 * Chooses and runs the path of an operation: the reference in double for F64, the fast path
 * otherwise.
 */
public final class Execution {
  static final ScopedValue<Trace> TRACE = ScopedValue.newInstance();

  private Execution() {}

  /** Runs an operation on tensors that {@link Op#infer} has accepted. */
  static void run(Op op, List<Tensor> in, List<Tensor> out) {
    if (TRACE.isBound()) {
      TRACE.get().before(op, in, out);
      untraced(op, in, out);
      TRACE.get().after(op, in, out);
    } else {
      untraced(op, in, out);
    }
  }

  private static void untraced(Op op, List<Tensor> in, List<Tensor> out) {
    Storage storage = out.getFirst().buffer().region().storage();
    if (storage instanceof DeviceMemory memory) {
      device(op, in, out, memory);
    } else if (!storage.holdsData()) {
      Profile.count(op, in, out, () -> {});
    } else if (isReference(in) || isReference(out)) {
      reference(op, in, out);
    } else {
      Profile.count(op, in, out, () -> op.cpu(in, out));
    }
  }

  /** Runs the reference, whatever the element types: inputs are widened, outputs rounded. */
  public static void reference(Op op, List<Tensor> in, List<Tensor> out) {
    List<Values> inputs = in.stream().map(Values::of).toList();
    List<Values> outputs =
        out.stream().map(t -> op.updates() ? Values.of(t) : Values.zeros(t.spec())).toList();
    op.reference(inputs, outputs);
    for (int i = 0; i < out.size(); i++) {
      Tensors.write(out.get(i), outputs.get(i).data());
    }
  }

  /** Runs the fast path. */
  public static void cpu(Op op, List<Tensor> in, List<Tensor> out) {
    op.cpu(in, out);
  }

  /** Hands the commands of an operation to the queue of the device that its tensors are on. */
  public static void device(Op op, List<Tensor> in, List<Tensor> out, DeviceMemory memory) {
    requireOn(op, in, memory);
    requireOn(op, out, memory);
    for (Command command : op.commands(in, out)) {
      memory.queue().submit(command);
    }
  }

  private static void requireOn(Op op, List<Tensor> tensors, DeviceMemory memory) {
    for (Tensor tensor : tensors) {
      if (!tensor.buffer().region().storage().equals(memory)) {
        throw new IllegalArgumentException(
            "[%s] runs on %s, but %s is in region '%s' elsewhere"
                .formatted(op.name(), memory.device(), tensor, tensor.buffer().region().name()));
      }
      if (tensor.dtype() == DType.F64) {
        throw new IllegalArgumentException(
            "[%s] computes in F32 on %s, and %s is F64: the reference runs on the cpu"
                .formatted(op.name(), memory.device(), tensor));
      }
    }
  }

  static List<TensorSpec> specs(List<Tensor> tensors) {
    List<TensorSpec> specs = new ArrayList<>(tensors.size());
    for (Tensor tensor : tensors) {
      specs.add(tensor.spec());
    }
    return specs;
  }

  private static boolean isReference(List<Tensor> tensors) {
    for (Tensor tensor : tensors) {
      if (tensor.dtype() == DType.F64) {
        return true;
      }
    }
    return false;
  }
}
