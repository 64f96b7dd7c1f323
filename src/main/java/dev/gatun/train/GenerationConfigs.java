package dev.gatun.train;

import dev.gatun.generate.GenerationConfig;
import dev.gatun.hub.JsonFields;
import java.util.List;

/** Reads {@link GenerationConfig} from the names that {@code generation_config.json} uses. */
public final class GenerationConfigs {
  private GenerationConfigs() {}

  /** Reads an object; absent keys have transformers' defaults. */
  public static GenerationConfig read(JsonFields fields) {
    // What transformers writes into generation_config.json and max_new_tokens or the model settle
    // here.
    fields.accept(
        "_from_model_config",
        "transformers_version",
        "bos_token_id",
        "pad_token_id",
        "use_cache",
        "max_length");
    if (fields.integer("num_beams", 1) != 1) {
      throw fields.error("num_beams", "must be 1: beam search is not supported");
    }
    List<Integer> eos =
        fields.has("eos_token_id") && fields.node().get("eos_token_id").isInt()
            ? List.of(fields.integer("eos_token_id"))
            : fields.integers("eos_token_id");
    return new GenerationConfig(
        fields.integer("max_new_tokens", 64),
        fields.flag("do_sample", false),
        fields.number("temperature", 1),
        fields.integer("top_k", 50),
        fields.number("top_p", 1),
        fields.number("min_p", 0),
        fields.number("repetition_penalty", 1),
        fields.integer("no_repeat_ngram_size", 0),
        fields.integer("num_return_sequences", 1),
        fields.longInteger("seed", 42),
        eos,
        stopStrings(fields));
  }

  /** One text or a list of them, as in transformers. */
  private static List<String> stopStrings(JsonFields fields) {
    String key = "stop_strings";
    return fields.has(key) && !fields.isList(key) ? List.of(fields.text(key)) : fields.texts(key);
  }
}
