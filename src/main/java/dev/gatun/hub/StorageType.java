package dev.gatun.hub;

import dev.gatun.core.DType;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The element types of the safetensors format, under its names and in its order: ascending
 * alignment, which is the order a writer lays tensors out by, backwards. A type that Gatun does not
 * compute with is listed and measured but not converted.
 */
public enum StorageType {
  BOOL(8),
  F4(4),
  F6_E2M3(6),
  F6_E3M2(6),
  U8(8),
  I8(8),
  F8_E5M2(8),
  F8_E4M3(8),
  F8_E8M0(8),
  F8_E4M3FNUZ(8),
  F8_E5M2FNUZ(8),
  I16(16),
  U16(16),
  F16(16),
  BF16(16),
  I32(32),
  U32(32),
  F32(32),
  C64(64),
  F64(64),
  I64(64),
  U64(64);

  private static final Map<String, StorageType> BY_NAME = new HashMap<>();
  private static final Map<String, DType> DTYPES = new HashMap<>();

  static {
    Arrays.stream(values()).forEach(type -> BY_NAME.put(type.name(), type));
    Arrays.stream(DType.values()).forEach(dtype -> DTYPES.put(dtype.name(), dtype));
  }

  private final int bits;

  StorageType(int bits) {
    this.bits = bits;
  }

  /** The size of one element in bits; the types of less than 8 bits are packed. */
  public int bits() {
    return bits;
  }

  /** The type Gatun computes with or converts from, where there is one. */
  public Optional<DType> dtype() {
    return Optional.ofNullable(DTYPES.get(name()));
  }

  /** The type that stores this one without change. */
  public static StorageType of(DType dtype) {
    return valueOf(dtype.name());
  }

  /** The type with this name in a file, if the format has it. */
  static Optional<StorageType> named(String name) {
    return Optional.ofNullable(BY_NAME.get(name));
  }
}
