package dev.gatun.cuda;

import dev.gatun.device.Command.Argument;
import dev.gatun.device.Command.Dim3;
import dev.gatun.device.Command.Gemm;
import dev.gatun.device.Command.Launch;
import dev.gatun.memory.Buffer;
import java.util.List;

/**
 * Products by cuBLAS.
 *
 * <p>A row-major matrix is the transpose of the column-major one in the same memory, so the product
 * C[M,N] = op(A)·op(B) is asked for as Cᵀ[N,M] = op(B)ᵀ·op(A)ᵀ: the factors change places and keep
 * their flags, and leading dimensions are lengths of rows.
 *
 * <pre>
 *        A stored   B stored   asked for              ld of B   ld of A   ld of C
 *   NN   [M,K]      [K,N]      gemm(n, n, N, M, K)    N         K         N
 *   NT   [M,K]      [N,K]      gemm(t, n, N, M, K)    K         K         N
 *   TN   [K,M]      [K,N]      gemm(n, t, N, M, K)    N         M         N
 * </pre>
 *
 * <p>A bias is written to C by a kernel of ours first, and the product is then added to it.
 */
final class LibraryProducts implements Products {
  private static final int BIAS_BLOCK = 256;

  private final Cublas cublas;
  private final String why;

  /**
   * @param why this one, for {@code doctor}; may be empty
   */
  LibraryProducts(Cublas cublas, String why) {
    this.cublas = cublas;
    this.why = why;
  }

  @Override
  public String description() {
    return cublas.description() + (why.isEmpty() ? "" : ", " + why);
  }

  @Override
  public void setStream(long stream) {
    cublas.setStream(stream);
  }

  @Override
  public void run(Gemm gemm, boolean bf16, ProductQueue queue) {
    if (gemm.k() == 0) { // nothing to multiply, and no row of a factor has a length
      queue.submit(OwnProducts.launch(gemm));
      return;
    }
    Buffer bias = gemm.bias();
    if (bias != null) {
      queue.submit(bias(gemm, bias));
    }
    boolean add = gemm.accumulate() || bias != null;
    Cublas.Call call = bf16 ? callOfBf16(gemm, add, queue) : call(gemm, add);
    try {
      cublas.gemm(call);
    } catch (CudaException e) {
      queue.synchronize(); // where an earlier kernel has failed, the driver knows better
      throw e;
    }
  }

  private static Cublas.Call call(Gemm g, boolean add) {
    return new Cublas.Call(
        g.transposeB(),
        g.transposeA(),
        g.n(),
        g.m(),
        g.k(),
        Cublas.Factor.F32,
        g.b().address(),
        g.transposeB() ? g.k() : g.n(),
        g.a().address(),
        g.transposeA() ? g.m() : g.k(),
        add ? 1 : 0,
        g.c().address(),
        g.n());
  }

  private static Cublas.Call callOfBf16(Gemm g, boolean add, ProductQueue queue) {
    Bf16Factors factors = new Bf16Factors(g);
    factors.pack().forEach(queue::submit);
    long scratch = queue.scratch(factors.bytes());
    return new Cublas.Call(
        g.transposeB(),
        g.transposeA(),
        g.n(),
        g.m(),
        g.k(),
        Cublas.Factor.BF16,
        scratch + factors.offsetOfB(),
        factors.ldb(),
        scratch,
        factors.lda(),
        add ? 1 : 0,
        g.c().address(),
        g.n());
  }

  static Launch bias(Gemm g, Buffer bias) {
    int elements = Math.multiplyExact(g.m(), g.n());
    return new Launch(
        "bias_rows_f32",
        new Dim3(Math.ceilDiv(elements, BIAS_BLOCK), 1, 1),
        new Dim3(BIAS_BLOCK, 1, 1),
        0,
        List.of(
            new Argument.Address(bias, 0),
            new Argument.Address(g.c(), 0),
            new Argument.I32(elements),
            new Argument.I32(g.n()),
            new Argument.I32(g.accumulate() ? 1 : 0)));
  }

  @Override
  public void close() {
    cublas.close();
  }
}
