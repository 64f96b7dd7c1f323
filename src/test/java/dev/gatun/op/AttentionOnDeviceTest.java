package dev.gatun.op;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.core.DType;
import dev.gatun.core.Shape;
import dev.gatun.cuda.CudaMemory;
import dev.gatun.cuda.KernelFiles;
import dev.gatun.cuda.OwnProducts;
import dev.gatun.device.Device;
import dev.gatun.memory.Region;
import dev.gatun.ptx.EmulatedDriver;
import dev.gatun.ptx.Options;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.TensorSpec;
import dev.gatun.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@link Attention} by the kernels of a device, which the emulator runs. */
final class AttentionOnDeviceTest {
  private static final float FAR = 20;

  /**
   * The second query sees the first key with a weight that underflows to zero, and its gradient is
   * NaN: zero times that, and the gradient of the key with it.
   */
  @ParameterizedTest
  @CsvSource({"32, 0", "32, 0.5", "64, 0", "64, 0.5", "128, 0", "128, 0.5", "256, 0", "256, 0.5"})
  void aNanReachesTheKeyWhoseWeightUnderflows(int headDim, float p) {
    Attention attention = new Attention(false, 0, 0, 1, new Dropout(p, 3));
    Attention.Backward op = new Attention.Backward(attention);
    EmulatedDriver driver = new EmulatedDriver(Options.standard(), 80, 1L << 24);
    try (CudaMemory memory =
            CudaMemory.open(
                driver, new Device.Emulator(), 0, KernelFiles.packed(), new OwnProducts(), true);
        Region region = new Region("device", memory);
        Region host = new Region("host")) {
      List<Tensor> out = outputs(op, inputs(region, headDim, p), region);
      Execution.device(op, inputs(region, headDim, p), out, memory);
      List<Tensor> exact = outputs(op, inputs(host, headDim, p), host);
      Execution.reference(op, inputs(host, headDim, p), exact);
      double[] expected = Tensors.toDoubles(exact.get(1));
      assertTrue(Arrays.stream(expected).limit(headDim).allMatch(Double::isNaN));
      double[] actual = Tensors.toDoubles(out.get(1));
      assertTrue(
          Arrays.stream(actual).limit(headDim).allMatch(Double::isNaN),
          () -> Arrays.toString(actual));
      assertEquals(List.of(), driver.findings());
    }
  }

  private static List<Tensor> outputs(Op op, List<Tensor> in, Region region) {
    return op.infer(Execution.specs(in)).stream().map(spec -> Tensors.empty(region, spec)).toList();
  }

  /** Two tokens: q, k, v, the key of the dropout, y, lse and dy. */
  private static List<Tensor> inputs(Region region, int headDim, float p) {
    double[] values = new double[2 * headDim];
    Arrays.fill(values, 1);
    double[] gradients = values.clone();
    gradients[2 * headDim - 1] = Double.NaN;
    double score = (double) FAR * FAR * headDim;
    Shape rows = Shape.of(1, 2, 1, headDim);
    Tensor queries = floats(region, rows, ends(headDim, -FAR, FAR));
    Tensor keys = floats(region, rows, ends(headDim, -FAR, FAR));
    Tensor ones = floats(region, rows, values);
    Tensor lse = floats(region, Shape.of(1, 1, 2), score, score);
    Tensor dy = floats(region, rows, gradients);
    return p == 0
        ? List.of(queries, keys, ones, ones, lse, dy)
        : List.of(
            queries, keys, ones, Tensors.of(region, Shape.of(2), new int[] {1, 2}), ones, lse, dy);
  }

  /** A row of the one, then a row of the other. */
  private static double[] ends(int headDim, double first, double second) {
    double[] values = new double[2 * headDim];
    Arrays.fill(values, 0, headDim, first);
    Arrays.fill(values, headDim, 2 * headDim, second);
    return values;
  }

  private static Tensor floats(Region region, Shape shape, double... values) {
    return Tensors.of(region, new TensorSpec(shape, DType.F32), values);
  }
}
