package dev.gatun.op;

import dev.gatun.core.Shape;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.TensorSpec;
import dev.gatun.tensor.Tensors;

/** A tensor as the reference sees it: a shape and doubles in row-major order. */
public final class Values {
  private final Shape shape;
  private final double[] data;

  private Values(Shape shape, double[] data) {
    this.shape = shape;
    this.data = data;
  }

  /** The elements of a tensor of any type, exactly. */
  static Values of(Tensor tensor) {
    return new Values(tensor.shape(), Tensors.toDoubles(tensor));
  }

  /** All zero. */
  static Values zeros(TensorSpec spec) {
    return new Values(spec.shape(), new double[spec.shape().elementsExact()]);
  }

  public Shape shape() {
    return shape;
  }

  /** See {@link Shape#rows()}. */
  public int rows() {
    return shape.rows();
  }

  /** See {@link Shape#columns()}. */
  public int columns() {
    return shape.columns();
  }

  /** The number of elements. */
  public int size() {
    return data.length;
  }

  public double get(int index) {
    return data[index];
  }

  /** The element at a row and a column, the innermost axis being the row's. */
  public double get(int row, int column) {
    return data[row * shape.columns() + column];
  }

  /** An element that holds an integer. */
  public int getInt(int index) {
    return (int) data[index];
  }

  public void set(int index, double value) {
    data[index] = value;
  }

  public void set(int row, int column, double value) {
    data[row * shape.columns() + column] = value;
  }

  public void add(int index, double value) {
    data[index] += value;
  }

  public void add(int row, int column, double value) {
    data[row * shape.columns() + column] += value;
  }

  double[] data() {
    return data;
  }
}
