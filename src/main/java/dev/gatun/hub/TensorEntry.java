package dev.gatun.hub;

import dev.gatun.core.Shape;
import java.lang.foreign.MemorySegment;

/**
 * A tensor in a file.
 *
 * @param name its key
 * @param type the type of its elements as stored
 * @param shape its sizes, outermost first; rank 0 is a scalar, and a size may be 0
 * @param data its bytes: little-endian, row-major, not necessarily aligned, readable until the file
 *     is closed
 */
public record TensorEntry(String name, StorageType type, Shape shape, MemorySegment data) {}
