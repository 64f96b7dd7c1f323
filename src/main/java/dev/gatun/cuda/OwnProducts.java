package dev.gatun.cuda;

import dev.gatun.device.Command.Argument;
import dev.gatun.device.Command.Dim3;
import dev.gatun.device.Command.Gemm;
import dev.gatun.device.Command.Launch;
import dev.gatun.memory.Buffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Products by our own kernels, {@code matmul.cu} and {@code matmul_bf16.cu}. */
public final class OwnProducts implements Products {
  private static final int SMALL_TILE = 64;
  private static final int LARGE_TILE = 128;

  /** From this many large tiles on, a device is busy with them. */
  private static final int ENOUGH_TILES = 64;

  private static final Dim3 BLOCK = new Dim3(256, 1, 1);

  private final String why;

  /** For a device that has nothing else. */
  public OwnProducts() {
    this("");
  }

  /**
   * @param why these, for {@code doctor}; may be empty
   */
  OwnProducts(String why) {
    this.why = why;
  }

  @Override
  public String description() {
    return "own kernels" + (why.isEmpty() ? "" : ", " + why);
  }

  @Override
  public void setStream(long stream) {} // launches take that of the queue

  @Override
  public void run(Gemm gemm, boolean bf16, ProductQueue queue) {
    if (bf16 && gemm.k() > 0) {
      launchesOfBf16(gemm).forEach(queue::submit);
    } else {
      queue.submit(launch(gemm));
    }
  }

  @Override
  public void close() {}

  /** The launches for a product of factors that are rounded to bf16; K is not 0. */
  public static List<Launch> launchesOfBf16(Gemm g) {
    return launchesOfBf16(g, tile(g));
  }

  /** The same with tiles of a given size, 64 or 128. */
  static List<Launch> launchesOfBf16(Gemm g, int tile) {
    Bf16Factors factors = new Bf16Factors(g);
    List<Argument> arguments = new ArrayList<>();
    arguments.add(factors.a());
    arguments.add(factors.b());
    arguments.add(address(g.bias()));
    arguments.add(new Argument.Address(g.c(), 0));
    arguments.add(new Argument.I32(g.m()));
    arguments.add(new Argument.I32(g.n()));
    arguments.add(new Argument.I32(g.k()));
    arguments.add(new Argument.I32(factors.lda()));
    arguments.add(new Argument.I32(factors.ldb()));
    arguments.add(new Argument.I32(g.accumulate() ? 1 : 0));
    Dim3 block = new Dim3(2 * tile, 1, 1);
    List<Launch> launches = new ArrayList<>(factors.pack());
    launches.add(new Launch(kernel(g, tile, "bf16"), grid(g, tile), block, 0, arguments));
    return launches;
  }

  private static int tile(Gemm g) {
    int largeTiles = Math.ceilDiv(g.m(), LARGE_TILE) * Math.ceilDiv(g.n(), LARGE_TILE);
    return largeTiles >= ENOUGH_TILES ? LARGE_TILE : SMALL_TILE;
  }

  private static Dim3 grid(Gemm g, int tile) {
    return new Dim3(Math.ceilDiv(g.n(), tile), Math.ceilDiv(g.m(), tile), 1);
  }

  private static String kernel(Gemm g, int tile, String type) {
    return "matmul_" + layout(g) + (tile == LARGE_TILE ? "_large_" : "_") + type;
  }

  /** The launch for a product of F32 factors. */
  public static Launch launch(Gemm g) {
    if (g.m() == 1 && g.k() > 0 && !g.transposeA()) {
      return vector(g);
    }
    return launch(g, tile(g));
  }

  /** The launch with tiles of a given size, 64 or 128. */
  static Launch launch(Gemm g, int tile) {
    List<Argument> arguments = matrices(g);
    arguments.add(new Argument.I32(g.m()));
    addSizes(arguments, g);
    return new Launch(kernel(g, tile, "f32"), grid(g, tile), BLOCK, 0, arguments);
  }

  /** One row, as in decoding. */
  private static Launch vector(Gemm g) {
    List<Argument> arguments = matrices(g);
    addSizes(arguments, g);
    return g.transposeB()
        ? new Launch(
            "matmul_vector_nt_f32", new Dim3(Math.ceilDiv(g.n(), 8), 1, 1), BLOCK, 0, arguments)
        : new Launch(
            "matmul_vector_nn_f32",
            new Dim3(Math.ceilDiv(g.n(), 32), 1, 1),
            new Dim3(32, 8, 1),
            0,
            arguments);
  }

  /** {@code nn}, {@code nt} or {@code tn}. */
  static String layout(Gemm g) {
    if (g.transposeA() && g.transposeB()) {
      throw new IllegalArgumentException("no operation transposes both factors");
    }
    return g.transposeA() ? "tn" : g.transposeB() ? "nt" : "nn";
  }

  private static List<Argument> matrices(Gemm g) {
    List<Argument> arguments = new ArrayList<>();
    arguments.add(new Argument.Address(g.a(), 0));
    arguments.add(new Argument.Address(g.b(), 0));
    arguments.add(address(g.bias()));
    arguments.add(new Argument.Address(g.c(), 0));
    return arguments;
  }

  private static Argument address(@Nullable Buffer buffer) {
    return buffer == null ? new Argument.I64(0) : new Argument.Address(buffer, 0);
  }

  private static void addSizes(List<Argument> arguments, Gemm g) {
    arguments.add(new Argument.I32(g.n()));
    arguments.add(new Argument.I32(g.k()));
    arguments.add(new Argument.I32(g.accumulate() ? 1 : 0));
  }
}
