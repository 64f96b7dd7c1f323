package dev.gatun.train;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.core.DType;
import dev.gatun.core.DataException;
import dev.gatun.hub.Json;
import dev.gatun.hub.JsonFields;
import dev.gatun.model.WeightStorage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
 *
 * <p>An adapter folder says in {@value #FILE} what its adapter was trained on, if quantised: the
 * keys of {@code BitsAndBytesConfig}, whose {@code from_dict} takes them. PEFT itself writes
 * nothing of the kind, and reads nothing but its own two files.
 */
final class BaseWeights {
  /** Beside {@code adapter_config.json}. */
  static final String FILE = "quantization_config.json";

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

  /**
   * What the adapter of a folder was trained on; F32 where the folder does not say.
   *
   * @throws DataException if it says something that is not offered
   */
  static WeightStorage of(Path adapterFolder) {
    Path file = adapterFolder.resolve(FILE);
    return Files.isRegularFile(file) ? read(JsonFields.ofData(file)) : WeightStorage.F32;
  }

  /** Says it, or takes away what an earlier run said. */
  static void write(Path adapterFolder, WeightStorage storage) {
    Path file = adapterFolder.resolve(FILE);
    boolean in4 = storage.layers() == DType.NF4 || storage.layers() == DType.NF4_DOUBLE;
    boolean in8 = storage.layers() == DType.Q8_0;
    if (!in4 && !in8) {
      delete(file);
      return;
    }
    ObjectNode json = Json.object().put("quant_method", "bitsandbytes");
    json.put("load_in_8bit", in8).put("load_in_4bit", in4);
    json.put("bnb_4bit_quant_type", "nf4").put("bnb_4bit_compute_dtype", "float32");
    json.put("bnb_4bit_use_double_quant", storage.layers() == DType.NF4_DOUBLE);
    if (storage.vocabulary() == DType.BF16) {
      json.put("torch_dtype", "bfloat16");
    }
    Json.write(file, json);
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new DataException(file + ": cannot be deleted: " + e.getMessage(), e);
    }
  }
}
