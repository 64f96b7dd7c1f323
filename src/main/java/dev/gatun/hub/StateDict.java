package dev.gatun.hub;

import dev.gatun.core.DType;
import dev.gatun.core.DataException;
import dev.gatun.memory.Region;
import dev.gatun.nn.Parameter;
import dev.gatun.nn.Parameters;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.TensorSpec;
import dev.gatun.tensor.Tensors;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The parameters of a model from and to its weights on disk, under the names of Hugging Face.
 *
 * <p>Loading is strict: the keys of the files are the parameters of the model, in their shapes.
 * What differs is listed in one error, and nothing is loaded then. The exceptions:
 *
 * <ul>
 *   <li>A tied weight may lie under either name ({@code lm_head.weight}, {@code
 *       model.embed_tokens.weight}), or under both if they are equal.
 *   <li>Buffers that older releases saved are ignored: {@code rotary_emb.inv_freq}, {@code
 *       attn.bias} and {@code attn.masked_bias}, the rotary frequencies and the causal masks.
 *   <li>GPT-2 may lack the prefix {@code transformer.}, as the files of OpenAI do.
 * </ul>
 */
public final class StateDict {
  private StateDict() {}

  /**
   * Loads all parameters, converting F16, BF16 and F64 to what the model computes in.
   *
   * @param parameters with memory
   * @throws DataException listing every key that is missing, unexpected or of another shape
   */
  public static void load(Parameters parameters, Weights weights) {
    StateDictMatch match = StateDictMatch.of(parameters, weights);
    match.requireComplete();
    match.entries().forEach((parameter, entry) -> read(weights, entry, parameter));
  }

  /** Saves all parameters as they are, in files of at most 5 GB. */
  public static void save(Parameters parameters, Path folder) {
    save(parameters, folder, DType.F32, ModelWriter.DEFAULT_SHARD_BYTES);
  }

  /**
   * Saves all parameters; a tied weight is saved once, under its first name.
   *
   * @param folder must exist
   * @param stored F32, or F16 or BF16, which round to nearest even
   * @param maxShardBytes above this the model is cut into shards
   * @throws DataException if it cannot be written; earlier files are unchanged
   */
  public static void save(Parameters parameters, Path folder, DType stored, long maxShardBytes) {
    try (Region host = new Region("saving")) {
      List<NamedTensor> tensors = new ArrayList<>();
      for (Parameter parameter : parameters) {
        Tensor value = Tensors.onHost(parameter.value(), host);
        MemorySegment data = value.segment().asSlice(0, value.spec().bytes());
        tensors.add(
            new NamedTensor(parameter.name(), parameter.shape(), value.dtype(), stored, data));
      }
      ModelWriter.write(folder, tensors, maxShardBytes);
    }
  }

  /**
   * Reads a tensor in F32 into a parameter, by way of F32 if that is stored otherwise.
   *
   * @param parameter with memory; F32 or stored in fewer bits
   */
  static void readF32(Weights weights, String name, Parameter parameter) {
    if (!parameter.isStored()) {
      parameter.ownValue().buffer().write(host -> weights.readF32(name, host, 0));
      return;
    }
    if (!parameter.ownValue().buffer().region().storage().holdsData()) {
      return;
    }
    try (Region host = new Region("loading")) {
      Tensor exact = Tensors.empty(host, new TensorSpec(parameter.shape(), DType.F32));
      weights.readF32(name, exact.segment(), 0);
      parameter.overwrite(exact);
    }
  }

  private static void read(Weights weights, TensorEntry entry, Parameter parameter) {
    Tensor target = parameter.value();
    switch (target.dtype()) {
      case F32, BF16, Q8_0, Q4_0, NF4, NF4_DOUBLE -> readF32(weights, entry.name(), parameter);
      case F64 -> {
        float[] values = new float[entry.shape().elementsExact()];
        weights.readF32(entry.name(), MemorySegment.ofArray(values), 0);
        double[] wide = new double[values.length];
        for (int i = 0; i < wide.length; i++) {
          wide[i] = values[i];
        }
        Tensors.write(target, wide);
      }
      case F16, I32 ->
          throw new IllegalArgumentException("parameters are not stored as " + target.dtype());
    }
  }
}
