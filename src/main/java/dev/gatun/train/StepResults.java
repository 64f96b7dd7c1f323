package dev.gatun.train;

import dev.gatun.core.DType;
import dev.gatun.memory.Region;
import dev.gatun.op.Ops;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.TensorSpec;
import dev.gatun.tensor.Tensors;
import java.util.Arrays;
import java.util.List;

/**
 * What the host learns of a step, in one piece of memory: the sum of squares of each gradient, then
 * the summed loss of each micro-batch. A device fills it as it comes to it; to read it is the one
 * time in a step that the host waits.
 */
final class StepResults {
  private final List<Tensor> gradients;
  private final Region region;
  private final DType dtype;
  private Tensor values;

  /** The numbers on the host. */
  @SuppressWarnings("ArrayRecordComponent") // read once, never compared
  record Read(double[] sumsOfSquares, double[] losses) {}

  /**
   * @param region that they are kept in
   */
  StepResults(List<Tensor> gradients, Region region) {
    this.gradients = gradients;
    this.region = region;
    this.dtype = gradients.isEmpty() ? DType.F32 : gradients.getFirst().dtype();
    this.values = allocate(1);
  }

  private Tensor allocate(int losses) {
    return Tensors.empty(region, TensorSpec.of(dtype, gradients.size() + losses));
  }

  /** Makes room for the losses of so many micro-batches. */
  void require(int losses) {
    if (gradients.size() + losses > values.shape().elements()) {
      values.buffer().release();
      values = allocate(losses);
    }
  }

  /** Where they are now. */
  long address() {
    return values.buffer().address();
  }

  /** The type of losses and gradients. */
  DType dtype() {
    return dtype;
  }

  /** Keeps the summed loss of a micro-batch. */
  void keepLoss(int microBatch, Tensor loss) {
    Tensors.copy(loss, at(gradients.size() + microBatch));
  }

  /** Sums the squares of all gradients. */
  void keepSquares() {
    for (int i = 0; i < gradients.size(); i++) {
      Ops.sumSquares(gradients.get(i), at(i));
    }
  }

  private Tensor at(int index) {
    TensorSpec one = TensorSpec.of(dtype, 1);
    return Tensor.of(one, values.buffer().part(index * one.bytes(), one.bytes()));
  }

  /** Waits for the step and reads what it has kept. */
  Read read(int losses) {
    double[] all = Tensors.toDoubles(values);
    int count = gradients.size();
    return new Read(Arrays.copyOf(all, count), Arrays.copyOfRange(all, count, count + losses));
  }
}
