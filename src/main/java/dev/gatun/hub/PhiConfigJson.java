package dev.gatun.hub;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.model.PhiConfig;
import dev.gatun.model.SpecialTokens;
import dev.gatun.nn.Activation;
import java.util.List;

/** {@code PhiConfig} of transformers. */
final class PhiConfigJson {
  private PhiConfigJson() {}

  static PhiConfig read(JsonFields fields) {
    int heads = fields.positive("num_attention_heads", 32);
    int positions = fields.positive("max_position_embeddings", 2048);
    RopeJson rope = RopeJson.read(fields, positions);
    return new PhiConfig(
        fields.positive("vocab_size", 51200),
        fields.positive("hidden_size", 2048),
        fields.positive("intermediate_size", 8192),
        fields.positive("num_hidden_layers", 24),
        heads,
        fields.optionalInteger("num_key_value_heads").orElse(heads),
        ActivationJson.read(fields, "hidden_act", Activation.GELU_NEW),
        positions,
        fields.number("initializer_range", 0.02),
        fields.number("layer_norm_eps", 1e-5),
        fields.flag("tie_word_embeddings", false),
        rope.theta(),
        rope.scaling(),
        rope.partialRotaryFactor().orElse(0.5),
        fields.flag("qk_layernorm", false),
        fields.number("resid_pdrop", 0.0),
        fields.number("embd_pdrop", 0.0),
        fields.optionalNumber("attention_dropout").orElse(0.0),
        SpecialTokensJson.read(fields, new SpecialTokens(1, List.of(2), null)));
  }

  static void write(PhiConfig config, ObjectNode json) {
    json.put("vocab_size", config.vocabSize())
        .put("hidden_size", config.hiddenSize())
        .put("intermediate_size", config.intermediateSize())
        .put("num_hidden_layers", config.numHiddenLayers())
        .put("num_attention_heads", config.numAttentionHeads())
        .put("num_key_value_heads", config.numKeyValueHeads())
        .put("hidden_act", config.hiddenAct().key())
        .put("max_position_embeddings", config.maxPositionEmbeddings())
        .put("initializer_range", config.initializerRange())
        .put("layer_norm_eps", config.layerNormEps())
        .put("tie_word_embeddings", config.tieWordEmbeddings())
        .put("partial_rotary_factor", config.partialRotaryFactor())
        .put("qk_layernorm", config.qkLayernorm())
        .put("resid_pdrop", config.residPdrop())
        .put("embd_pdrop", config.embdPdrop())
        .put("attention_dropout", config.attentionDropout());
    RopeJson.write(config.ropeTheta(), config.ropeScaling(), json);
    SpecialTokensJson.write(config.specialTokens(), json);
  }
}
