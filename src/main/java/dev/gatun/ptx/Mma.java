package dev.gatun.ptx;

/**
 * mma.sync: D = A·B + C. Products of halves and bytes are exact in double, and summed in double
 * over ascending k, C is added last, and the sum is rounded once. A tensor core cuts off low bits
 * of the terms instead: its results differ in the last places.
 */
final class Mma extends WarpSync {
  /** D is m × n, and k products are summed. */
  record Shape(int m, int n, int k) {}

  private final Shape shape;
  private final Fragment left;
  private final Fragment right;
  private final Fragment sum;
  private final Slot[] d;
  private final Slot[] a;
  private final Slot[] b;
  private final Slot[] c;

  Mma(
      Shape shape,
      Fragment left,
      Fragment right,
      Fragment sum,
      Slot[] d,
      Slot[] a,
      Slot[] b,
      Slot[] c,
      Slot members) {
    super(members);
    this.shape = shape;
    this.left = left;
    this.right = right;
    this.sum = sum;
    this.d = d;
    this.a = a;
    this.b = b;
    this.c = c;
  }

  @Override
  void together(Warp warp, int mask) {
    if (mask != -1) {
      throw warp.block()
          .fault(
              Finding.Kind.MISSING_LANES,
              warp,
              this,
              Integer.numberOfTrailingZeros(~mask),
              "a matrix product needs all 32 lanes, lanes 0x%08x are here".formatted(mask));
    }
    double[] x = gather(warp, left, a, shape.m, shape.k, false);
    double[] y = gather(warp, right, b, shape.k, shape.n, true);
    double[] z = gather(warp, sum, c, shape.m, shape.n, false);
    for (int i = 0; i < shape.m; i++) {
      for (int j = 0; j < shape.n; j++) {
        z[i * shape.n + j] = dot(x, i * shape.k, y, j * shape.k) + z[i * shape.n + j];
      }
    }
    scatter(warp, z);
  }

  private double dot(double[] x, int xAt, double[] y, int yAt) {
    double total = 0;
    for (int l = 0; l < shape.k; l++) {
      total += x[xAt + l] * y[yAt + l];
    }
    return total;
  }

  /** A fragment as a matrix, row-major or transposed. */
  private static double[] gather(
      Warp warp, Fragment fragment, Slot[] slots, int rows, int columns, boolean transposed) {
    double[] matrix = new double[rows * columns];
    for (int r = 0; r < slots.length; r++) {
      for (int lane = 0; lane < Warp.LANES; lane++) {
        long bits = slots[r].get(warp, lane);
        for (int e = 0; e < fragment.pack(); e++) {
          int row = fragment.row(lane, r, e);
          int column = fragment.column(lane, r, e);
          int at = transposed ? column * rows + row : row * columns + column;
          matrix[at] = fragment.value(bits, e);
        }
      }
    }
    return matrix;
  }

  private void scatter(Warp warp, double[] z) {
    for (int r = 0; r < d.length; r++) {
      for (int lane = 0; lane < Warp.LANES; lane++) {
        long bits = 0;
        for (int e = 0; e < sum.pack(); e++) {
          double value = z[sum.row(lane, r, e) * shape.n + sum.column(lane, r, e)];
          bits |= sum.bits(value) << (16 * e);
        }
        d[r].set(warp, lane, bits);
      }
    }
  }
}
