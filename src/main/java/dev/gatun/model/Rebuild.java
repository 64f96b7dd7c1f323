package dev.gatun.model;

import dev.gatun.core.DType;
import dev.gatun.memory.Region;
import dev.gatun.nn.Init;
import dev.gatun.nn.Parameter;
import dev.gatun.op.Quantization;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.TensorSpec;
import dev.gatun.tensor.Tensors;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Models made of the weights of another one. What is the same in both is one memory; the first
 * model can still be used.
 */
public final class Rebuild {
  private Rebuild() {}

  /**
   * The model of a configuration with the weights of another one.
   *
   * @param replaced by name, what is not as it was
   * @param region of what the new model has for itself
   */
  public static CausalLm with(
      CausalLm source, ModelConfig config, Map<String, Tensor> replaced, Region region) {
    CausalLm model = config.build();
    for (Parameter parameter : model.parameters()) {
      Tensor tensor = replaced.get(parameter.name());
      parameter.bind(tensor == null ? weight(source, parameter.name()) : tensor.detached());
    }
    model.parameters().materialize(region, source.parameters().dtype());
    return model;
  }

  /**
   * The same model with an output layer that has a weight of its own. The two weights are one
   * memory until somebody replaces one of them, so this is for a model whose weights are frozen.
   */
  public static CausalLm untied(CausalLm source, Region region) {
    return source.config().tieWordEmbeddings()
        ? with(source, source.config().withTieWordEmbeddings(false), Map.of(), region)
        : source;
  }

  /**
   * The same model for another number of token ids, as {@code resize_token_embeddings} makes it:
   * old rows are kept, new ones are drawn from N(0, {@code initializer_range}) by seed and name of
   * the parameter, and a bias is 0 there.
   */
  public static CausalLm resized(CausalLm source, int vocabSize, long seed, Region region) {
    if (vocabSize == source.config().vocabSize()) {
      return source;
    }
    ModelConfig config = source.config().withVocabSize(vocabSize);
    Map<String, Tensor> replaced = new LinkedHashMap<>();
    Init rows = new Init.Normal(config.initializerRange());
    for (Parameter old : vocabularyParameters(source)) {
      Init init = old.role() == Parameter.Role.BIAS ? Init.zeros() : rows;
      int[] sizes = old.shape().toArray();
      sizes[0] = vocabSize;
      TensorSpec spec = TensorSpec.of(old.ownValue().dtype(), sizes);
      Tensor tensor = Tensors.empty(region, spec);
      fill(tensor, init, old.name(), seed);
      long kept = Math.min(spec.bytes(), old.ownValue().spec().bytes());
      tensor.buffer().copyFrom(old.ownValue().buffer(), kept); // rows are stored one by one
      replaced.put(old.name(), tensor);
    }
    return with(source, config, replaced, region);
  }

  private static void fill(Tensor tensor, Init init, String name, long seed) {
    if (!Quantization.isStored(tensor.dtype())) {
      init.fill(tensor, name, seed);
      return;
    }
    try (Region scratch = new Region("new rows", tensor.buffer().region().storage())) {
      Tensor exact = Tensors.empty(scratch, new TensorSpec(tensor.shape(), DType.F32));
      init.fill(exact, name, seed);
      Quantization.quantize(exact, tensor);
    }
  }

  /**
   * Gives back the memory of what {@link #resized} replaced. The model that was resized must not be
   * used any more.
   */
  public static void releaseResized(CausalLm old) {
    vocabularyParameters(old).forEach(parameter -> parameter.ownValue().buffer().release());
  }

  /** Those with a row for each token id. */
  private static List<Parameter> vocabularyParameters(CausalLm model) {
    List<Parameter> parameters = new ArrayList<>();
    parameters.add(model.inputEmbeddings().weight());
    if (!model.config().tieWordEmbeddings()) {
      parameters.add(model.outputEmbeddings().weight());
    }
    Parameter bias = model.outputEmbeddings().bias();
    if (bias != null) {
      parameters.add(bias);
    }
    return parameters;
  }

  private static Tensor weight(CausalLm source, String name) {
    Parameter parameter = source.parameters().find(name);
    if (parameter == null) {
      parameter = source.parameters().aliases().get(name);
    }
    if (parameter == null) {
      throw new IllegalArgumentException("the model to take weights from has no " + name);
    }
    return parameter.ownValue().detached();
  }
}
