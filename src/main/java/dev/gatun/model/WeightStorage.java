package dev.gatun.model;

import dev.gatun.core.DType;
import dev.gatun.memory.Region;
import dev.gatun.nn.AdaptableLayer;
import dev.gatun.nn.Embedding;
import dev.gatun.nn.Parameter;
import dev.gatun.op.Quantization;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.TensorSpec;
import dev.gatun.tensor.Tensors;
import java.util.HashMap;
import java.util.Map;

/**
 * What the weights of a model that is not trained are stored as; computing is in F32 in any case.
 * Norms, biases and learnt positions stay in F32.
 *
 * @param layers the matrices of the blocks
 * @param vocabulary the table of token embeddings and the output layer
 */
public record WeightStorage(DType layers, DType vocabulary) {
  /** As the model computes. */
  public static final WeightStorage F32 = new WeightStorage(DType.F32, DType.F32);

  /** One type for all. */
  public static WeightStorage all(DType dtype) {
    return new WeightStorage(dtype, dtype);
  }

  /** Whether nothing is stored in fewer bits. */
  public boolean isF32() {
    return equals(F32);
  }

  /** Tells a model that has no memory yet; its parameters are frozen unless all is F32. */
  public void apply(CausalLm model) {
    if (isF32()) {
      return;
    }
    model.parameters().forEach(parameter -> parameter.setRequiresGrad(false));
    types(model).forEach(Parameter::storeAs);
  }

  /** Gives weights that are F32 the values that they have when they are stored in this way. */
  public void imprint(CausalLm model) {
    try (Region region = new Region("rounding")) {
      types(model)
          .forEach(
              (parameter, dtype) -> {
                region.reset();
                Tensor exact = parameter.ownValue();
                Tensor stored = Tensors.empty(region, new TensorSpec(parameter.shape(), dtype));
                Quantization.quantize(exact, stored);
                Quantization.dequantize(stored, exact);
              });
    }
  }

  /** What is stored as another type than F32, and as which. */
  private Map<Parameter, DType> types(CausalLm model) {
    Map<Parameter, DType> types = new HashMap<>();
    for (AdaptableLayer layer : model.parameters().layers().values()) {
      if (!(layer instanceof Embedding)) {
        types.put(layer.weight(), layers);
      }
    }
    types.put(model.inputEmbeddings().weight(), vocabulary);
    types.put(model.outputEmbeddings().weight(), vocabulary);
    types.values().removeIf(dtype -> dtype == DType.F32);
    return types;
  }
}
