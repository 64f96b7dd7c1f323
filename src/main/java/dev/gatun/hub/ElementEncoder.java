package dev.gatun.hub;

import dev.gatun.core.Bf16;
import dev.gatun.core.DType;
import dev.gatun.core.DataException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;

/**
 * Writes elements to a file, little-endian. F32 to F16 and BF16 rounds to nearest, ties to even. A
 * finite number that would become an infinity is an error: such a model would be broken in silence.
 */
final class ElementEncoder {
  private static final int CHUNK = 1 << 20;

  private final FileChannel channel;
  private final ByteBuffer scratch =
      ByteBuffer.allocateDirect(2 * CHUNK).order(ByteOrder.LITTLE_ENDIAN);
  private final float[] values = new float[CHUNK];
  private final short[] rounded = new short[CHUNK];

  ElementEncoder(FileChannel channel) {
    this.channel = channel;
  }

  void write(NamedTensor tensor) throws IOException {
    if (tensor.stored() == tensor.type()) {
      copy(tensor);
    } else {
      narrow(tensor);
    }
  }

  void write(ByteBuffer bytes) throws IOException {
    AtomicFile.writeAll(channel, bytes);
  }

  private void copy(NamedTensor tensor) throws IOException {
    MemorySegment data = tensor.data();
    if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
      throw new UnsupportedOperationException("model files are written on little-endian machines");
    }
    for (long start = 0; start < data.byteSize(); start += CHUNK) {
      write(data.asSlice(start, Math.min(CHUNK, data.byteSize() - start)).asByteBuffer());
    }
  }

  private void narrow(NamedTensor tensor) throws IOException {
    long count = tensor.shape().elements();
    for (long start = 0; start < count; start += CHUNK) {
      int length = (int) Math.min(CHUNK, count - start);
      MemorySegment.copy(
          tensor.data(), ValueLayout.JAVA_FLOAT_UNALIGNED, 4 * start, values, 0, length);
      boolean overflow = tensor.stored() == DType.F16 ? roundToF16(length) : roundToBf16(length);
      if (overflow) {
        throw overflow(tensor, start, length);
      }
      scratch.clear();
      scratch.asShortBuffer().put(rounded, 0, length);
      write(scratch.limit(2 * length));
    }
  }

  /** Whether a finite value became infinite. */
  private boolean roundToF16(int length) {
    for (int i = 0; i < length; i++) {
      rounded[i] = Float.floatToFloat16(values[i]);
    }
    int overflows = 0;
    for (int i = 0; i < length; i++) {
      overflows |= (rounded[i] & 0x7fff) == 0x7c00 && Float.isFinite(values[i]) ? 1 : 0;
    }
    return overflows != 0;
  }

  private boolean roundToBf16(int length) {
    for (int i = 0; i < length; i++) {
      rounded[i] = Bf16.fromFloat(values[i]);
    }
    int overflows = 0;
    for (int i = 0; i < length; i++) {
      overflows |= (rounded[i] & 0x7fff) == 0x7f80 && Float.isFinite(values[i]) ? 1 : 0;
    }
    return overflows != 0;
  }

  private DataException overflow(NamedTensor tensor, long start, int length) {
    float largest = 0;
    for (int i = 0; i < length; i++) {
      if (Float.isFinite(values[i]) && Math.abs(values[i]) > Math.abs(largest)) {
        largest = values[i];
      }
    }
    return new DataException(
        "tensor %s holds %s among elements %d to %d, which %s cannot; store the model as F32%s"
            .formatted(
                Quoted.of(tensor.name()),
                largest,
                start,
                start + length - 1,
                tensor.stored(),
                tensor.stored() == DType.F16 ? " or BF16" : ""));
  }
}
