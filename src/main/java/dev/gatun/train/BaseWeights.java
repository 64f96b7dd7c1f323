package dev.gatun.train;

import dev.gatun.core.DType;
import dev.gatun.hub.JsonFields;
import dev.gatun.model.WeightStorage;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

/**
 * What the frozen weights under an adapter are stored as, by keys of the section {@code lora} that
 * have the names of transformers and of its {@code BitsAndBytesConfig}.
 *
 * <pre>
 *   torch_dtype                 float32 (default) or bfloat16
 *   load_in_8bit                layers of the blocks in bytes, blocks of 32 with an F16 scale
 *   load_in_4bit                layers of the blocks in 4 bits, blocks of 64 with a scale
 *   bnb_4bit_quant_type         nf4, the only one that is offered
 *   bnb_4bit_use_double_quant   whether these scales are quantised, too; default false
 * </pre>
 *
 * <p>As in transformers, embeddings and the output layer are not quantised and follow {@code
 * torch_dtype}.
 */
final class BaseWeights {
  private static final SequencedMap<String, DType> DTYPES = new LinkedHashMap<>();

  static {
    DTYPES.put("float32", DType.F32);
    DTYPES.put("bfloat16", DType.BF16);
  }

  private BaseWeights() {}

  /** Reads the keys. */
  static WeightStorage read(JsonFields lora) {
    DType dtype = lora.choice("torch_dtype", DTYPES, "float32");
    boolean in8 = lora.flag("load_in_8bit", false);
    boolean in4 = lora.flag("load_in_4bit", false);
    String type = lora.text("bnb_4bit_quant_type", "nf4");
    boolean twice = lora.flag("bnb_4bit_use_double_quant", false);
    if (in8 && in4) {
      throw lora.error("load_in_4bit", "and load_in_8bit exclude each other; keep one of them");
    }
    if (!type.equals("nf4")) {
      throw lora.error("bnb_4bit_quant_type", "is \"" + type + "\", but only \"nf4\" is offered");
    }
    if (twice && !in4) {
      throw lora.error("bnb_4bit_use_double_quant", "has no effect without load_in_4bit");
    }
    if (in4) {
      return new WeightStorage(twice ? DType.NF4_DOUBLE : DType.NF4, dtype);
    }
    return new WeightStorage(in8 ? DType.Q8_0 : dtype, dtype);
  }
}
