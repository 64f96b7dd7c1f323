package dev.gatun.hub;

import dev.gatun.core.DType;
import dev.gatun.core.Shape;
import java.lang.foreign.MemorySegment;

/**
 * A tensor to be written.
 *
 * @param name its key
 * @param shape its sizes, outermost first
 * @param type the type of its elements in memory
 * @param stored the type in the file: the same, or F16 or BF16 for F32 in memory
 * @param data its elements: native byte order, row-major
 */
public record NamedTensor(String name, Shape shape, DType type, DType stored, MemorySegment data) {
  public NamedTensor {
    if (name.equals(SafetensorsHeader.METADATA)) {
      throw new IllegalArgumentException(name + " is reserved by the format");
    }
    if (data.byteSize() != shape.elements() * type.bytes()) {
      throw new IllegalArgumentException(
          "tensor %s: %s of shape %s takes %d bytes, but the data has %d"
              .formatted(name, type, shape, shape.elements() * type.bytes(), data.byteSize()));
    }
    boolean narrows = type == DType.F32 && (stored == DType.F16 || stored == DType.BF16);
    if (stored != type && !narrows) {
      throw new IllegalArgumentException(
          "tensor %s: %s cannot be stored as %s".formatted(name, type, stored));
    }
  }

  /** A tensor that is stored as it is. */
  public static NamedTensor of(String name, Shape shape, DType type, MemorySegment data) {
    return new NamedTensor(name, shape, type, type, data);
  }

  /** The size in the file. */
  long storedBytes() {
    return shape.elements() * stored.bytes();
  }
}
