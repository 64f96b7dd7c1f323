package dev.gatun.verify;

import dev.gatun.core.Bf16;
import dev.gatun.core.DType;
import dev.gatun.cuda.OwnProducts;
import dev.gatun.cuda.ProductVersions;
import dev.gatun.device.Command;
import dev.gatun.device.Command.Argument;
import dev.gatun.device.Command.Dim3;
import dev.gatun.device.Command.Gemm;
import dev.gatun.device.Command.Launch;
import dev.gatun.device.DeviceMemory;
import dev.gatun.memory.Region;
import dev.gatun.op.Execution;
import dev.gatun.op.Op;
import dev.gatun.op.Sample;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * How a device computes an operation: as the operation asks for, or by kernels that it would choose
 * for other sizes or types, or that stand in the source because they teach.
 *
 * <p>Of a product whose factors are rounded to bf16 the rounded factors are the input: they are
 * multiplied exactly. A tensor core cuts off what it adds, where F32 arithmetic rounds, so that
 * each of the K terms may err by two units instead of one.
 */
enum Variant {
  /** What the operation asks for. */
  USUAL("what it launches"),
  BF16("factors rounded to bf16"),
  BF16_LARGE("matmul_*_large_bf16"),
  BF16_WARP("matmul_warp_nt_bf16"),
  LARGE("matmul_*_large_f32"),
  TILED("matmul_tiled_f32"),
  NAIVE("matmul_naive_f32"),
  BIAS("bias_rows_f32"),
  NAIVE_ATTENTION("attention_naive_f32");

  /** The name of the operation whose factors are rounded. */
  static final String PRODUCT = "mat_mul";

  private static final int BLOCK = 256;

  private final String text;

  Variant(String text) {
    this.text = text;
  }

  @Override
  public String toString() {
    return text;
  }

  /** How an operation is computed while factors of products are rounded. */
  static Variant ofProducts(Op op) {
    return op.name().equals(PRODUCT) ? BF16 : USUAL;
  }

  /** The ways to compute a sample beside the usual one. */
  static List<Variant> of(Sample sample) {
    if ((Object) sample.op() instanceof Op.HostOnly) {
      return List.of();
    }
    try (Region region = new Region("variants")) {
      List<Tensor> in = sample.draw(region, DType.F32, 1);
      List<Command> commands = sample.op().commands(in, outputs(sample.op(), in, region));
      return commands.size() == 1
          ? Arrays.stream(values()).filter(v -> v.fits(sample.op(), commands.getFirst())).toList()
          : List.of();
    }
  }

  /** The kernels by which a sample is computed, products by our own; nothing runs. */
  List<String> kernels(Sample sample) {
    List<String> kernels = new ArrayList<>();
    try (Region region = new Region("kernels")) {
      List<Tensor> in = sample.draw(region, DType.F32, 1);
      for (Command command : commands(sample.op(), in, outputs(sample.op(), in, region))) {
        switch (command) {
          case Launch launch -> kernels.add(launch.kernel());
          case Gemm g when this == BF16 ->
              OwnProducts.launchesOfBf16(g).forEach(launch -> kernels.add(launch.kernel()));
          case Gemm g -> kernels.add(OwnProducts.launch(g).kernel());
          case Command.Copy _, Command.Fill _ -> {}
        }
      }
    }
    return kernels;
  }

  private static List<Tensor> outputs(Op op, List<Tensor> in, Region region) {
    return op.infer(in.stream().map(Tensor::spec).toList()).stream()
        .map(spec -> Tensors.empty(region, spec))
        .toList();
  }

  private boolean fits(Op op, Command command) {
    return switch (command) {
      case Gemm g -> fits(g);
      case Launch launch ->
          this == NAIVE_ATTENTION
              && op.name().equals("attention")
              && !launch.kernel().contains("dropout");
      case Command.Copy _, Command.Fill _ -> false;
    };
  }

  private boolean fits(Gemm g) {
    return switch (this) {
      case USUAL, NAIVE_ATTENTION -> false;
      case BF16, BF16_LARGE -> g.k() > 0;
      case LARGE -> true;
      case BF16_WARP -> g.k() > 0 && g.transposeB();
      case TILED, NAIVE ->
          !g.transposeA() && !g.transposeB() && g.bias() == null && !g.accumulate();
      case BIAS -> g.k() == 0 && g.bias() != null;
    };
  }

  private List<? extends Command> commands(Op op, List<Tensor> in, List<Tensor> out) {
    List<Command> usual = op.commands(in, out);
    return switch (this) {
      case USUAL, BF16 -> usual;
      case NAIVE_ATTENTION -> List.of(naive((Launch) usual.getFirst(), out.get(1)));
      case BF16_LARGE -> ProductVersions.largeOfBf16((Gemm) usual.getFirst());
      case BF16_WARP -> ProductVersions.warpOfBf16((Gemm) usual.getFirst());
      case LARGE -> ProductVersions.large((Gemm) usual.getFirst());
      case TILED -> ProductVersions.tiled((Gemm) usual.getFirst());
      case NAIVE -> ProductVersions.naive((Gemm) usual.getFirst());
      case BIAS -> ProductVersions.bias((Gemm) usual.getFirst());
    };
  }

  /** The arguments of the present version, and how many queries there are. */
  private static Launch naive(Launch flash, Tensor lse) {
    int queries = lse.shape().elementsExact();
    List<Argument> arguments = new ArrayList<>(flash.arguments());
    arguments.add(6, new Argument.I32(queries));
    Dim3 grid = new Dim3(Math.ceilDiv(queries, BLOCK), 1, 1);
    return new Launch("attention_naive_f32", grid, new Dim3(BLOCK, 1, 1), 0, arguments);
  }

  /** Runs an operation in this way. */
  void run(Op op, List<Tensor> in, List<Tensor> out, DeviceMemory memory) {
    switch (this) {
      case USUAL -> Execution.device(op, in, out, memory);
      case BF16 ->
          memory.withBf16Factors(
              () -> {
                Execution.device(op, in, out, memory);
                return out;
              });
      default -> commands(op, in, out).forEach(memory.queue()::submit);
    }
  }

  /** Whether factors are rounded to bf16. */
  boolean rounds() {
    return switch (this) {
      case BF16, BF16_LARGE, BF16_WARP -> true;
      case USUAL, LARGE, TILED, NAIVE, BIAS, NAIVE_ATTENTION -> false;
    };
  }

  /** What the reference and the CPU compute instead: factors that are rounded already. */
  Case onHost(Case sample) {
    if (!rounds()) {
      return sample;
    }
    List<Case.Array> inputs = new ArrayList<>(sample.inputs());
    inputs.set(0, rounded(inputs.get(0)));
    inputs.set(1, rounded(inputs.get(1)));
    return new Case(sample.op(), inputs, sample.outputs(), 2 * sample.reduction());
  }

  private static Case.Array rounded(Case.Array exact) {
    double[] values =
        Arrays.stream(exact.values()).map(x -> Bf16.toFloat(Bf16.fromFloat((float) x))).toArray();
    return new Case.Array(exact.spec(), values);
  }
}
