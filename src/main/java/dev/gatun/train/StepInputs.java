package dev.gatun.train;

import dev.gatun.core.DType;
import dev.gatun.core.Shape;
import dev.gatun.data.Batch;
import dev.gatun.memory.Buffer;
import dev.gatun.memory.Region;
import dev.gatun.memory.Upload;
import dev.gatun.model.ForwardInput;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.TensorSpec;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The batches of one accumulation group in one block of memory, so that they travel to a device
 * together, and ahead of the step that reads them.
 *
 * <pre>
 *   for each micro-batch, I32 [B, T]:  ids, labels, positions, and starts where rows are packed
 * </pre>
 */
final class StepInputs implements AutoCloseable {
  private final Region region;
  private final Upload upload;
  private @Nullable List<Batch> sent;
  private @Nullable Buffer block;

  /** The tensors of one micro-batch. */
  record MicroBatch(ForwardInput input, Tensor labels) {}

  /**
   * @param region that they are kept in
   */
  StepInputs(Region region) {
    this.region = region;
    this.upload = region.storage().upload(region);
  }

  /** Sends a group on its way; the device may still compute with another. */
  void send(List<Batch> group) {
    List<int[]> arrays = group.stream().flatMap(batch -> arrays(batch).stream()).toList();
    upload.send(bytes(group), host -> write(arrays, host));
    sent = group;
  }

  private static void write(List<int[]> arrays, MemorySegment host) {
    long at = 0;
    for (int[] array : arrays) {
      MemorySegment.copy(array, 0, host, ValueLayout.JAVA_INT, at, array.length);
      at += sizeOf(array.length);
    }
  }

  private static List<int[]> arrays(Batch batch) {
    int @Nullable [] starts = batch.starts();
    int[] begins = starts == null ? new int[batch.inputIds().length] : starts;
    int[] positions = ForwardInput.positions(begins, batch.T());
    return starts == null
        ? List.of(batch.inputIds(), batch.labels(), positions)
        : List.of(batch.inputIds(), batch.labels(), positions, starts);
  }

  private static long bytes(List<Batch> group) {
    long bytes = 0;
    for (Batch batch : group) {
      bytes += (batch.starts() == null ? 3 : 4) * sizeOf(batch.inputIds().length);
    }
    return bytes;
  }

  private static long sizeOf(int elements) {
    return Region.sizeOf(DType.I32.bytes(Shape.of(elements)));
  }

  /** The tensors of a group, which is sent now unless it is on its way. */
  List<MicroBatch> receive(List<Batch> group) {
    if (sent != group) {
      send(group);
    }
    sent = null;
    Buffer memory = require(bytes(group));
    upload.deliver(memory);
    List<MicroBatch> received = new ArrayList<>();
    long at = 0;
    for (Batch batch : group) {
      Shape shape = Shape.of(batch.B(), batch.T());
      long size = sizeOf(shape.elementsExact());
      Tensor ids = tensor(memory, shape, at);
      Tensor labels = tensor(memory, shape, at + size);
      Tensor positions = tensor(memory, shape, at + 2 * size);
      Tensor starts = batch.starts() == null ? null : tensor(memory, shape, at + 3 * size);
      received.add(new MicroBatch(new ForwardInput(ids, positions, starts, null), labels));
      at += (starts == null ? 3 : 4) * size;
    }
    return received;
  }

  private static Tensor tensor(Buffer memory, Shape shape, long at) {
    TensorSpec spec = new TensorSpec(shape, DType.I32);
    return Tensor.of(spec, memory.part(at, spec.bytes()));
  }

  private Buffer require(long bytes) {
    Buffer memory = block;
    if (memory == null || memory.bytes() < bytes) {
      if (memory != null) {
        memory.release();
      }
      memory = region.allocate(bytes);
      block = memory;
    }
    return memory;
  }

  @Override
  public void close() {
    upload.close();
  }
}
