package dev.gatun.cuda;

import dev.gatun.device.Command.Argument;
import dev.gatun.device.Command.Dim3;
import dev.gatun.device.Command.Gemm;
import dev.gatun.device.Command.Launch;
import dev.gatun.device.Queue;
import dev.gatun.memory.Buffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Products by our own kernels, {@code matmul.cu}. */
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
  public void run(Gemm gemm, Queue queue) {
    queue.submit(launch(gemm));
  }

  @Override
  public void close() {}

  /** The launch for a product. */
  public static Launch launch(Gemm g) {
    if (g.m() == 1 && g.k() > 0 && !g.transposeA()) {
      return vector(g);
    }
    int largeTiles = Math.ceilDiv(g.m(), LARGE_TILE) * Math.ceilDiv(g.n(), LARGE_TILE);
    boolean large = largeTiles >= ENOUGH_TILES;
    int tile = large ? LARGE_TILE : SMALL_TILE;
    Dim3 grid = new Dim3(Math.ceilDiv(g.n(), tile), Math.ceilDiv(g.m(), tile), 1);
    String kernel = "matmul_" + layout(g) + (large ? "_large_f32" : "_f32");
    List<Argument> arguments = matrices(g);
    arguments.add(new Argument.I32(g.m()));
    addSizes(arguments, g);
    return new Launch(kernel, grid, BLOCK, 0, arguments);
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
