package dev.gatun.core;

import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * The sizes of a tensor, outermost first. Rank 0 is a scalar; a size may be 0.
 *
 * <p>Not a record: a record would compare its array by identity.
 */
public final class Shape {
  private static final Shape SCALAR = new Shape(new int[0]);

  private final int[] sizes;
  private final long elements;

  private Shape(int[] sizes) {
    long product = 1;
    for (int size : sizes) {
      if (size < 0) {
        throw new ShapeException("a size cannot be negative: " + Arrays.toString(sizes));
      }
      product = Math.multiplyExact(product, size);
    }
    this.sizes = sizes;
    this.elements = product;
  }

  /** The shape with these sizes, outermost first. */
  public static Shape of(int... sizes) {
    return sizes.length == 0 ? SCALAR : new Shape(sizes.clone());
  }

  /** The number of axes. */
  public int rank() {
    return sizes.length;
  }

  /** The size of one axis; a negative axis counts from the end, -1 being the innermost. */
  public int size(int axis) {
    int index = axis < 0 ? axis + sizes.length : axis;
    if (index < 0 || index >= sizes.length) {
      throw new ShapeException("axis " + axis + " does not exist in shape " + this);
    }
    return sizes[index];
  }

  /** The number of elements: the product of all sizes. */
  public long elements() {
    return elements;
  }

  /** The number of elements as an int, for shapes that are known to be small. */
  public int elementsExact() {
    return Math.toIntExact(elements);
  }

  /** The number of rows when the innermost axis is taken as the row: all outer sizes multiplied. */
  public int rows() {
    long product = 1;
    for (int i = 0; i < sizes.length - 1; i++) {
      product *= sizes[i];
    }
    return Math.toIntExact(product);
  }

  /** The size of the innermost axis; 1 for a scalar. */
  public int columns() {
    return sizes.length == 0 ? 1 : sizes[sizes.length - 1];
  }

  /** This shape with its innermost size replaced. */
  public Shape withColumns(int columns) {
    int[] changed = sizes.clone();
    changed[changed.length - 1] = columns;
    return new Shape(changed);
  }

  /** This shape with one size replaced; a negative axis counts from the end. */
  public Shape with(int axis, int size) {
    int[] changed = sizes.clone();
    changed[axis < 0 ? axis + sizes.length : axis] = size;
    return new Shape(changed);
  }

  /** A copy of the sizes. */
  public int[] toArray() {
    return sizes.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Shape shape && Arrays.equals(sizes, shape.sizes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(sizes);
  }

  /** For example {@code [2, 3, 4]}. */
  @Override
  public String toString() {
    return Arrays.stream(sizes)
        .mapToObj(Integer::toString)
        .collect(Collectors.joining(", ", "[", "]"));
  }
}
