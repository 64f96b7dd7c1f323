package dev.gatun.train;

import dev.gatun.autograd.Step;
import dev.gatun.core.DType;
import dev.gatun.device.DeviceMemory;
import dev.gatun.memory.Region;
import dev.gatun.model.CausalLm;
import dev.gatun.nn.AdaptableLayer;
import dev.gatun.nn.Embedding;
import dev.gatun.nn.Parameter;
import dev.gatun.op.Ops;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.Tensors;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * {@code bf16: true}: F32 weights that the optimiser updates, and bf16 in matrix products.
 *
 * <p>On the CPU, and on a GPU older than bf16, the weights of matrix products are rounded to
 * bfloat16 (to nearest, ties to even) while the model computes, and are F32 again when the
 * optimiser updates them.
 *
 * <pre>
 *   y = x·bf16(W)ᵀ        dx = dy·bf16(W)        dW = dyᵀ·x, the gradient of W itself
 * </pre>
 *
 * <p>Frozen weights that are stored in fewer bits are used as they are; others that no file of the
 * run will hold are rounded once and for good, and need no second copy.
 *
 * <p>Everything is accumulated in F32. Weights that are only looked up (embeddings), norms and
 * biases stay as they are; a table that is tied to the head is a weight of a product. Checkpoints
 * and saved models hold the F32 weights.
 *
 * <p>A device that multiplies bf16 numbers has both factors of every product rounded instead, as
 * Hugging Face's {@code bf16=True} has, and needs no copy of the weights:
 *
 * <pre>
 *   y = bf16(x)·bf16(W)ᵀ        dx = bf16(dy)·bf16(W)        dW = bf16(dy)ᵀ·bf16(x)
 * </pre>
 */
public final class RoundedWeights implements AutoCloseable {
  private static final String ROUNDING = "rounding";

  private record Weight(Parameter parameter, Tensor master) {}

  private final List<Weight> weights;
  private final @Nullable DeviceMemory device;
  private @Nullable Region rounding;

  private RoundedWeights(List<Weight> weights, @Nullable DeviceMemory device) {
    this.weights = weights;
    this.device = device;
  }

  /** Computes in F32. */
  public static RoundedWeights none() {
    return new RoundedWeights(List.of(), null);
  }

  /** The same for a model of which all is trained. */
  public static RoundedWeights of(CausalLm model, Region region) {
    return of(new TrainedModel.Whole(model), region);
  }

  /** Rounds what a model multiplies with; the F32 weights wait in a region meanwhile. */
  static RoundedWeights of(TrainedModel model, Region region) {
    if (region.storage() instanceof DeviceMemory device && device.multipliesBf16()) {
      return new RoundedWeights(List.of(), device);
    }
    Set<Parameter> lookedUp = new HashSet<>();
    Set<Parameter> multiplied = new HashSet<>();
    for (AdaptableLayer layer : model.model().parameters().layers().values()) {
      (layer instanceof Embedding ? lookedUp : multiplied).add(layer.weight());
    }
    lookedUp.removeAll(multiplied);
    Set<Parameter> saved = model.saved();
    List<Weight> weights = new ArrayList<>();
    for (Parameter parameter : model.all()) {
      boolean isMultiplied =
          parameter.role() == Parameter.Role.WEIGHT && !lookedUp.contains(parameter);
      if (!isMultiplied || parameter.isStored()) {
        continue;
      }
      if (saved.contains(parameter)) {
        weights.add(new Weight(parameter, Tensors.empty(region, parameter.ownValue().spec())));
      } else {
        try (Region scratch = new Region(ROUNDING, region.storage())) {
          round(parameter.ownValue(), scratch);
        }
      }
    }
    return new RoundedWeights(weights, null);
  }

  /** Computes something with rounded weights. */
  public <R> R during(Supplier<R> work) {
    if (device != null) {
      return device.withBf16Factors(work);
    }
    for (Weight weight : weights) {
      Tensors.copy(weight.parameter().ownValue(), weight.master());
      round(weight.parameter().ownValue(), scratch(weight.master()));
    }
    try {
      return work.get();
    } finally {
      for (Weight weight : weights) {
        Tensors.copy(weight.master(), weight.parameter().ownValue());
      }
    }
  }

  /** Memory that is kept from step to step: a device waits when memory is given back. */
  private Region scratch(Tensor like) {
    if (rounding == null) {
      rounding = new Region(ROUNDING, like.buffer().region().storage());
    }
    rounding.reset();
    return rounding;
  }

  private static void round(Tensor value, Region scratch) {
    Step.run(
        scratch,
        () -> {
          Tensor rounded = Ops.cast(Ops.cast(value, DType.BF16), DType.F32);
          Tensors.copy(rounded, value);
          return rounded;
        });
  }

  @Override
  public void close() {
    if (rounding != null) {
      rounding.close();
      rounding = null;
    }
  }
}
