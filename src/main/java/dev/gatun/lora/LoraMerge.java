package dev.gatun.lora;

import dev.gatun.autograd.Step;
import dev.gatun.memory.Region;
import dev.gatun.model.CausalLm;
import dev.gatun.model.ModelConfig;
import dev.gatun.model.Rebuild;
import dev.gatun.nn.AdaptableLayer;
import dev.gatun.nn.Parameter;
import dev.gatun.op.Ops;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.Tensors;
import java.util.LinkedHashMap;
import java.util.Map;

/** A plain model that computes what a model with an adapter does: {@code W' = W + s·B·A}. */
public final class LoraMerge {
  private LoraMerge() {}

  /**
   * Merges an adapter into its model.
   *
   * <p>Weights that the adapter does not change are one memory in both models. Where one of two
   * tied layers is adapted the result has two separate weights.
   *
   * @param region of the weights that change
   */
  public static CausalLm merge(LoraAdapter adapter, Region region) {
    CausalLm model = adapter.model();
    Map<String, Tensor> replaced = new LinkedHashMap<>();
    Map<Parameter, Parameter> standIns = adapter.replacements();
    standIns.forEach((base, own) -> replaced.put(base.name(), copy(own, region)));
    for (Map.Entry<String, Parameter> alias : model.parameters().aliases().entrySet()) {
      Tensor standIn = replaced.get(alias.getValue().name());
      if (standIn != null) {
        replaced.put(alias.getKey(), standIn);
      }
    }
    try (Region temporary = new Region("merge", region.storage())) {
      for (LoraLayer lora : adapter.layers().values()) {
        AdaptableLayer layer = lora.layer();
        Parameter weight = standIns.getOrDefault(layer.weight(), layer.weight());
        temporary.reset();
        Tensor plain = weight.unpacked(temporary);
        Tensor merged = Tensors.empty(region, plain.spec());
        Step.run(
            temporary,
            () -> {
              Tensor sum = Ops.add(plain, lora.delta());
              merged.buffer().copyFrom(sum.buffer(), merged.spec().bytes());
              return null;
            });
        replaced.put(layer.path() + ".weight", merged);
      }
    }
    return Rebuild.with(model, config(adapter), replaced, region);
  }

  /** The configuration of the merged model: untied if one of two tied layers is adapted. */
  private static ModelConfig config(LoraAdapter adapter) {
    CausalLm model = adapter.model();
    boolean touched =
        adapter.layers().containsKey(model.inputEmbeddings().path())
            || adapter.layers().containsKey(model.outputEmbeddings().path());
    return touched ? model.config().withTieWordEmbeddings(false) : model.config();
  }

  private static Tensor copy(Parameter parameter, Region region) {
    Tensor copy = Tensors.empty(region, parameter.ownValue().spec());
    copy.buffer().copyFrom(parameter.ownValue().buffer(), copy.spec().bytes());
    return copy;
  }
}
