package dev.gatun.cuda;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.core.Bf16;
import dev.gatun.core.DType;
import dev.gatun.core.Philox;
import dev.gatun.core.Shape;
import dev.gatun.device.Command.Gemm;
import dev.gatun.memory.Region;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.TensorSpec;
import dev.gatun.tensor.Tensors;

/** A product of random matrices on a device, with the numbers that they had. */
final class TestProduct {
  private final Gemm gemm;
  private final Tensor c;
  private final double[] a;
  private final double[] b;
  private final double[] bias;
  private final double[] c0; // what is added to

  private TestProduct(Gemm gemm, Tensor c, double[] a, double[] b, double[] bias, double[] c0) {
    this.gemm = gemm;
    this.c = c;
    this.a = a;
    this.b = b;
    this.bias = bias;
    this.c0 = c0;
  }

  Gemm gemm() {
    return gemm;
  }

  Tensor c() {
    return c;
  }

  /**
   * @param layout NN, NT or TN
   * @param accumulate false: C is NaN before
   */
  static TestProduct of(
      Region region, String layout, int m, int n, int k, boolean bias, boolean accumulate) {
    Tensor a = normal(region, 1, m * k);
    Tensor b = normal(region, 2, k * n);
    Tensor added = normal(region, 3, n);
    Tensor c = normal(region, 4, m * n);
    if (!accumulate) {
      c.buffer().fill((byte) 0xff);
    }
    Gemm gemm =
        new Gemm(
            layout.startsWith("T"),
            layout.endsWith("T"),
            m,
            n,
            k,
            a.buffer(),
            b.buffer(),
            bias ? added.buffer() : null,
            c.buffer(),
            accumulate);
    return new TestProduct(
        gemm,
        c,
        Tensors.toDoubles(a),
        Tensors.toDoubles(b),
        bias ? Tensors.toDoubles(added) : new double[n],
        accumulate ? Tensors.toDoubles(c) : new double[m * n]);
  }

  private static Tensor normal(Region region, int stream, int elements) {
    Philox random = new Philox(20261124, stream);
    double[] values = new double[elements];
    for (int i = 0; i < elements; i++) {
      values[i] = (float) random.normal(i);
    }
    return Tensors.of(region, new TensorSpec(Shape.of(elements), DType.F32), values);
  }

  /**
   * Fails unless C is the product of the rounded factors.
   *
   * <p>The products are exact. A tensor core cuts off what it adds, an error of one in the last of
   * 24 places of the largest term for each of k terms; bias and C are rounded once each.
   */
  void requireOfBf16() {
    double[] actual = Tensors.toDoubles(c);
    for (int i = 0; i < gemm.m(); i++) {
      for (int j = 0; j < gemm.n(); j++) {
        double sum = bias[j] + c0[i * gemm.n() + j];
        double terms = Math.abs(bias[j]) + Math.abs(c0[i * gemm.n() + j]);
        for (int l = 0; l < gemm.k(); l++) {
          double term = rounded(a(i, l)) * rounded(b(l, j));
          sum += term;
          terms += Math.abs(term);
        }
        double tolerance = (gemm.k() + 2) * 0x1p-23 * terms;
        double error = Math.abs(actual[i * gemm.n() + j] - sum);
        assertTrue(
            error <= tolerance,
            "%s [%d,%d]: error %g, tolerance %g".formatted(gemm, i, j, error, tolerance));
      }
    }
  }

  private double a(int row, int k) {
    return a[gemm.transposeA() ? k * gemm.m() + row : row * gemm.k() + k];
  }

  private double b(int k, int column) {
    return b[gemm.transposeB() ? column * gemm.k() + k : k * gemm.n() + column];
  }

  private static double rounded(double x) {
    return Bf16.toFloat(Bf16.fromFloat((float) x));
  }
}
