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
 *
 * <p>What depends on the step and not on the data is little, and written when the step begins: for
 * each micro-batch the key of its random choices, I32 [2], and the factor of its loss, [1].
 */
final class StepInputs implements AutoCloseable {
  private final Region region;
  private final DType dtype;
  private final Upload upload;
  private @Nullable List<Batch> sent;
  private @Nullable Buffer block;
  private @Nullable Buffer numbers;

  /** The tensors of one micro-batch. */
  record MicroBatch(ForwardInput input, Tensor labels, Tensor key, Tensor scale) {}

  /**
   * @param region that they are kept in
   * @param dtype of losses
   */
  StepInputs(Region region, DType dtype) {
    this.region = region;
    this.dtype = dtype;
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
    return group.stream().mapToLong(batch -> bytesOf(batch, parts(batch))).sum();
  }

  /** How many arrays of a batch travel. */
  private static int parts(Batch batch) {
    return batch.starts() == null ? 3 : 4;
  }

  private static long bytesOf(Batch batch, int parts) {
    return parts * sizeOf(batch.inputIds().length);
  }

  private static long sizeOf(int elements) {
    return Region.sizeOf(DType.I32.bytes(Shape.of(elements)));
  }

  /**
   * The tensors of a group, which is sent now unless it is on its way.
   *
   * @param keys of each micro-batch, see {@link dev.gatun.nn.Mode#key}
   * @param scales of each micro-batch
   */
  List<MicroBatch> receive(List<Batch> group, List<int[]> keys, List<Double> scales) {
    if (!group.equals(sent)) {
      send(group);
    }
    sent = null;
    Buffer memory = require(block, bytes(group));
    block = memory;
    upload.deliver(memory);
    TensorSpec key = TensorSpec.of(DType.I32, 2);
    TensorSpec scale = TensorSpec.of(dtype, 1);
    long scalesAt = group.size() * key.bytes();
    Buffer own = require(numbers, scalesAt + group.size() * scale.bytes());
    numbers = own;
    own.write(host -> writeNumbers(keys, scales, host));
    List<MicroBatch> received = new ArrayList<>();
    long at = 0;
    for (int i = 0; i < group.size(); i++) {
      ForwardInput input = input(group.get(i), memory, at);
      Tensor labels = tensor(memory, input.ids().shape(), at + bytesOf(group.get(i), 1));
      received.add(
          new MicroBatch(
              input,
              labels,
              Tensor.of(key, own.part(i * key.bytes(), key.bytes())),
              Tensor.of(scale, own.part(scalesAt + i * scale.bytes(), scale.bytes()))));
      at += bytesOf(group.get(i), parts(group.get(i)));
    }
    return received;
  }

  private void writeNumbers(List<int[]> keys, List<Double> scales, MemorySegment host) {
    long at = 0;
    for (int[] key : keys) {
      MemorySegment.copy(key, 0, host, ValueLayout.JAVA_INT, at, key.length);
      at += (long) Integer.BYTES * key.length;
    }
    for (double scale : scales) {
      if (dtype == DType.F64) {
        host.set(ValueLayout.JAVA_DOUBLE, at, scale);
        at += Double.BYTES;
      } else {
        host.set(ValueLayout.JAVA_FLOAT, at, (float) scale);
        at += Float.BYTES;
      }
    }
  }

  private static ForwardInput input(Batch batch, Buffer memory, long at) {
    Shape shape = Shape.of(batch.B(), batch.T());
    return new ForwardInput(
        tensor(memory, shape, at),
        tensor(memory, shape, at + bytesOf(batch, 2)),
        batch.starts() == null ? null : tensor(memory, shape, at + bytesOf(batch, 3)),
        null);
  }

  /**
   * All that the commands of a step depend on but the contents of memory: where the group received
   * last lies, and its shapes.
   */
  Object key(List<MicroBatch> group) {
    List<Object> key = new ArrayList<>();
    for (MicroBatch batch : group) {
      key.add(batch.input().ids().buffer().address());
      key.add(batch.input().ids().shape());
      key.add(batch.input().starts() != null);
      key.add(batch.key().buffer().address());
    }
    return key;
  }

  private static Tensor tensor(Buffer memory, Shape shape, long at) {
    TensorSpec spec = new TensorSpec(shape, DType.I32);
    return Tensor.of(spec, memory.part(at, spec.bytes()));
  }

  private Buffer require(@Nullable Buffer memory, long bytes) {
    if (memory != null && memory.bytes() >= bytes) {
      return memory;
    }
    if (memory != null) {
      memory.release();
    }
    return region.allocate(bytes);
  }

  @Override
  public void close() {
    upload.close();
  }
}
