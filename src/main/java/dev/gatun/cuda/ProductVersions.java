package dev.gatun.cuda;

import dev.gatun.device.Command.Argument;
import dev.gatun.device.Command.Dim3;
import dev.gatun.device.Command.Gemm;
import dev.gatun.device.Command.Launch;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * The launches of a product by kernels that {@link OwnProducts} leaves aside for its size: earlier
 * versions, which teach, tiles for large matrices, and what is launched beside a library.
 */
public final class ProductVersions {
  private static final int SMALL_TILE = 64;
  private static final int LARGE_TILE = 128;

  private ProductVersions() {}

  /** Version 1 of {@code matmul.cu}: one thread per element, NN without bias. */
  public static List<Launch> naive(Gemm g) {
    return List.of(early("matmul_naive_f32", g));
  }

  /** Version 2: tiles in shared memory. */
  public static List<Launch> tiled(Gemm g) {
    return List.of(early("matmul_tiled_f32", g));
  }

  private static Launch early(String kernel, Gemm g) {
    return new Launch(
        kernel,
        new Dim3(Math.ceilDiv(g.n(), 16), Math.ceilDiv(g.m(), 16), 1),
        new Dim3(16, 16, 1),
        0,
        List.of(
            new Argument.Address(g.a(), 0),
            new Argument.Address(g.b(), 0),
            new Argument.Address(g.c(), 0),
            new Argument.I32(g.m()),
            new Argument.I32(g.n()),
            new Argument.I32(g.k())));
  }

  /** Version 3 with the tiles of large matrices. */
  public static List<Launch> large(Gemm g) {
    return List.of(OwnProducts.launch(g, LARGE_TILE));
  }

  /** The same for factors that are rounded to bf16. */
  public static List<Launch> largeOfBf16(Gemm g) {
    return OwnProducts.launchesOfBf16(g, LARGE_TILE);
  }

  /** Step 4a of {@code matmul_bf16.cu}: one warp per tile of 16 x 8, NT. */
  public static List<Launch> warpOfBf16(Gemm g) {
    List<Launch> launches = new ArrayList<>(OwnProducts.launchesOfBf16(g, SMALL_TILE));
    Launch last = launches.removeLast();
    launches.add(
        new Launch(
            "matmul_warp_nt_bf16",
            new Dim3(Math.ceilDiv(g.n(), 8), Math.ceilDiv(g.m(), 16), 1),
            new Dim3(32, 1, 1),
            0,
            last.arguments()));
    return launches;
  }

  /** The bias, which stands in C before a library adds the product; here a product over nothing. */
  public static List<Launch> bias(Gemm g) {
    return List.of(LibraryProducts.bias(g, Objects.requireNonNull(g.bias())));
  }
}
