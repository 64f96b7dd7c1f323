package dev.gatun.hub;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.model.Gpt2Config;
import dev.gatun.model.SpecialTokens;
import dev.gatun.nn.Activation;
import java.util.List;

/** {@code GPT2Config} of transformers. */
final class Gpt2ConfigJson {
  private Gpt2ConfigJson() {}

  static Gpt2Config read(JsonFields fields) {
    int width = fields.positive("n_embd", 768);
    // Older writers of GPT-2 files add these, which change nothing that is computed in F32.
    fields.accept("n_ctx", "reorder_and_upcast_attn", "task_specific_params");
    fields.accept("summary_activation", "summary_first_dropout", "summary_proj_to_labels");
    fields.accept("summary_type", "summary_use_proj");
    return new Gpt2Config(
        fields.positive("vocab_size", 50257),
        fields.positive("n_positions", 1024),
        width,
        fields.positive("n_layer", 12),
        fields.positive("n_head", 12),
        readInner(fields, width),
        ActivationJson.read(fields, "activation_function", Activation.GELU_NEW),
        fields.number("resid_pdrop", 0.1),
        fields.number("embd_pdrop", 0.1),
        fields.number("attn_pdrop", 0.1),
        fields.number("layer_norm_epsilon", 1e-5),
        fields.number("initializer_range", 0.02),
        fields.flag("scale_attn_weights", true),
        fields.flag("scale_attn_by_inverse_layer_idx", false),
        fields.flag("tie_word_embeddings", true),
        SpecialTokensJson.read(fields, new SpecialTokens(50256, List.of(50256), null)));
  }

  private static int readInner(JsonFields fields, int width) {
    if (fields.has("n_inner")) {
      return fields.positive("n_inner");
    }
    if (width > Integer.MAX_VALUE / 4) {
      throw fields.error("n_embd", "is %d, and n_inner four times that".formatted(width));
    }
    return 4 * width;
  }

  static void write(Gpt2Config config, ObjectNode json) {
    json.put("vocab_size", config.vocabSize())
        .put("n_positions", config.nPositions())
        .put("n_embd", config.nEmbd())
        .put("n_layer", config.nLayer())
        .put("n_head", config.nHead())
        .put("n_inner", config.nInner() == 4 * config.nEmbd() ? null : config.nInner())
        .put("activation_function", config.activationFunction().key())
        .put("resid_pdrop", config.residPdrop())
        .put("embd_pdrop", config.embdPdrop())
        .put("attn_pdrop", config.attnPdrop())
        .put("layer_norm_epsilon", config.layerNormEpsilon())
        .put("initializer_range", config.initializerRange())
        .put("scale_attn_weights", config.scaleAttnWeights())
        .put("scale_attn_by_inverse_layer_idx", config.scaleAttnByInverseLayerIdx())
        .put("tie_word_embeddings", config.tieWordEmbeddings());
    SpecialTokensJson.write(config.specialTokens(), json);
  }
}
