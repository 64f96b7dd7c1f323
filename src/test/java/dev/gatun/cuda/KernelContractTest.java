package dev.gatun.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.gatun.core.DType;
import dev.gatun.device.Command;
import dev.gatun.device.Command.Gemm;
import dev.gatun.device.Command.Launch;
import dev.gatun.memory.Region;
import dev.gatun.op.Op;
import dev.gatun.op.Registry;
import dev.gatun.op.Sample;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.Tensors;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every launch of every operation names a kernel that exists and takes what it is given. */
class KernelContractTest {
  private static final KernelFiles FILES = KernelFiles.packed();

  /** Entries that no sample launches: earlier versions, large matrices, the bias of a library. */
  private static final Set<String> NOT_LAUNCHED =
      Set.of(
          "attention_naive_f32",
          "bias_rows_f32",
          "matmul_naive_f32",
          "matmul_nn_large_bf16",
          "matmul_nn_large_f32",
          "matmul_nt_large_bf16",
          "matmul_nt_large_f32",
          "matmul_tiled_f32",
          "matmul_tn_large_bf16",
          "matmul_tn_large_f32",
          "matmul_warp_nt_bf16");

  @TestFactory
  Stream<DynamicTest> launchesFitTheirKernels() {
    return operations().map(type -> dynamicTest(type.getSimpleName(), () -> check(type)));
  }

  private static Stream<Class<? extends Op>> operations() {
    return Registry.operations().stream().filter(type -> !Op.HostOnly.class.isAssignableFrom(type));
  }

  private static void check(Class<? extends Op> type) {
    for (Sample sample : Registry.samples(type)) {
      for (Launch launch : launches(sample)) {
        String file = FILES.fileOf(launch.kernel());
        Signature.of(FILES.text(file), launch.kernel(), file)
            .require(launch.kernel(), launch.arguments());
        requireLimits(launch);
      }
    }
  }

  private static void requireLimits(Launch launch) {
    Command.Dim3 block = launch.block();
    assertTrue(block.x() * block.y() * block.z() <= 1024, launch::toString);
    assertTrue(launch.grid().y() <= 65_535 && launch.grid().z() <= 65_535, launch::toString);
  }

  @Test
  void everyEntryIsLaunched() {
    Set<String> launched = new TreeSet<>();
    operations()
        .flatMap(type -> Registry.samples(type).stream())
        .flatMap(sample -> launches(sample).stream())
        .forEach(launch -> launched.add(launch.kernel()));
    Set<String> idle = new TreeSet<>(FILES.entries().keySet());
    idle.removeAll(launched);
    assertEquals(new TreeSet<>(NOT_LAUNCHED), idle);
  }

  /**
   * The commands of a sample, products by our own kernels of both types; none runs, so the host has
   * the memory.
   */
  private static List<Launch> launches(Sample sample) {
    try (Region region = new Region("contract")) {
      List<Tensor> in = sample.draw(region, DType.F32, 1);
      List<Tensor> out =
          sample.op().infer(in.stream().map(Tensor::spec).toList()).stream()
              .map(spec -> Tensors.empty(region, spec))
              .toList();
      return sample.op().commands(in, out).stream().flatMap(KernelContractTest::launches).toList();
    }
  }

  private static Stream<Launch> launches(Command command) {
    return switch (command) {
      case Launch launch -> Stream.of(launch);
      case Gemm gemm when gemm.k() > 0 ->
          Stream.concat(
              Stream.of(OwnProducts.launch(gemm)), OwnProducts.launchesOfBf16(gemm).stream());
      case Gemm gemm -> Stream.of(OwnProducts.launch(gemm));
      case Command.Copy _, Command.Fill _ -> Stream.of();
    };
  }
}
