package dev.gatun.model;

import static dev.gatun.op.Ops.add;

import dev.gatun.nn.Embedding;
import dev.gatun.nn.GatedMlp;
import dev.gatun.nn.Init;
import dev.gatun.nn.Linear;
import dev.gatun.nn.Parameters;
import dev.gatun.nn.RmsNorm;
import dev.gatun.nn.RotaryTable;
import dev.gatun.nn.Scale;
import dev.gatun.nn.Scope;
import dev.gatun.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Llama, and with a few switches Mistral, Qwen2, Qwen3 and Gemma: norms before each branch, rotary
 * embedding, grouped-query attention, a gated feed-forward layer.
 *
 * <pre>
 *   x      = embed_tokens[ids]                        (·√C in Gemma)
 *   x      = x + attention(rmsNorm(x))
 *   x      = x + mlp(rmsNorm(x))                      for each layer
 *   logits = rmsNorm(x)·W_headᵀ
 * </pre>
 *
 * <p>Touvron et al., "LLaMA: Open and Efficient Foundation Language Models", 2023, section 2.2, and
 * "Llama 2", 2023, section 2.2. Jiang et al., "Mistral 7B", 2023 (sliding window). Yang et al.,
 * "Qwen2 Technical Report", 2024 (biases), and "Qwen3 Technical Report", 2025 (norms of queries and
 * keys). Gemma Team, "Gemma: Open Models Based on Gemini Research and Technology", 2024.
 */
public final class Llama implements CausalLm {
  private final LlamaConfig config;
  private final Parameters parameters = new Parameters();
  private final Embedding embedTokens;
  private final @Nullable Scale normalizer;
  private final Blocks layers;
  private final Linear lmHead;

  /** The model of this configuration, without memory. */
  public Llama(LlamaConfig config) {
    this.config = config;
    Init init = new Init.Normal(config.initializerRange());
    Scope model = parameters.root().in("model");
    int hidden = config.hiddenSize();
    embedTokens = new Embedding(model.in("embed_tokens"), config.vocabSize(), hidden, init);
    normalizer =
        config.scalesEmbeddings()
            ? new Scale(model.in("normalizer"), hidden, (float) Math.sqrt(hidden))
            : null;
    RotaryTable rotary =
        new RotaryTable(
            model.in("rotary_emb"),
            config.headDim(),
            config.maxPositionEmbeddings(),
            config.ropeTheta(),
            config.ropeScaling());
    List<Layer> blocks = new ArrayList<>();
    for (int i = 0; i < config.numHiddenLayers(); i++) {
      blocks.add(new Layer(model.in("layers").in(i), config, i, rotary, init));
    }
    layers = new Blocks(blocks, norm(model.in("norm"), config)::forward);
    Scope head = parameters.root().in("lm_head");
    lmHead =
        config.tieWordEmbeddings()
            ? Linear.tied(head, embedTokens.weight(), false)
            : new Linear(head, hidden, config.vocabSize(), false, init);
  }

  @Override
  public Tensor hidden(ForwardInput in, HiddenStates observer) {
    Tensor x = embedTokens.forward(in.ids());
    return layers.forward(normalizer == null ? x : normalizer.forward(x), in, observer);
  }

  @Override
  public Tensor head(Tensor hidden) {
    return lmHead.forward(hidden);
  }

  @Override
  public LlamaConfig config() {
    return config;
  }

  @Override
  public Embedding inputEmbeddings() {
    return embedTokens;
  }

  @Override
  public Linear outputEmbeddings() {
    return lmHead;
  }

  @Override
  public Parameters parameters() {
    return parameters;
  }

  @Override
  public void setGradientCheckpointing(boolean checkpointing) {
    layers.setCheckpointing(checkpointing);
  }

  private static RmsNorm norm(Scope scope, LlamaConfig config) {
    return new RmsNorm(scope, config.hiddenSize(), config.rmsNormEps(), config.onePlusWeight());
  }

  private static final class Layer implements Block {
    private final RmsNorm inputLayernorm;
    private final Attention selfAttn;
    private final RmsNorm postAttentionLayernorm;
    private final GatedMlp mlp;

    Layer(Scope scope, LlamaConfig config, int index, RotaryTable rotary, Init init) {
      inputLayernorm = norm(scope.in("input_layernorm"), config);
      selfAttn = new Attention(scope.in("self_attn"), config, index, rotary, init);
      postAttentionLayernorm = norm(scope.in("post_attention_layernorm"), config);
      mlp =
          new GatedMlp(
              scope.in("mlp"),
              config.hiddenSize(),
              config.intermediateSize(),
              config.hiddenAct(),
              config.mlpBias(),
              init);
    }

    @Override
    public Tensor forward(Tensor x, ForwardInput in) {
      x = add(x, selfAttn.forward(inputLayernorm.forward(x), in));
      return add(x, mlp.forward(postAttentionLayernorm.forward(x)));
    }
  }

  private static final class Attention {
    private final Linear qProj;
    private final Linear kProj;
    private final Linear vProj;
    private final Linear oProj;
    private final @Nullable RmsNorm qNorm;
    private final @Nullable RmsNorm kNorm;
    private final RotaryTable rotary;
    private final CausalAttention attention;
    private final int headDim;

    Attention(Scope scope, LlamaConfig config, int layer, RotaryTable rotary, Init init) {
      headDim = config.headDim();
      int hidden = config.hiddenSize();
      int query = config.numAttentionHeads() * headDim;
      int keyValue = config.numKeyValueHeads() * headDim;
      qProj = new Linear(scope.in("q_proj"), hidden, query, config.qkvBias(), init);
      kProj = new Linear(scope.in("k_proj"), hidden, keyValue, config.qkvBias(), init);
      vProj = new Linear(scope.in("v_proj"), hidden, keyValue, config.qkvBias(), init);
      oProj = new Linear(scope.in("o_proj"), query, hidden, config.outputBias(), init);
      qNorm = config.qkNorm() ? headNorm(scope.in("q_norm"), config) : null;
      kNorm = config.qkNorm() ? headNorm(scope.in("k_norm"), config) : null;
      this.rotary = rotary;
      attention =
          new CausalAttention(
              scope,
              layer,
              config.windowOf(layer),
              1 / Math.sqrt(headDim),
              config.attentionDropout());
    }

    Tensor forward(Tensor h, ForwardInput in) {
      Tensor q = CausalAttention.heads(qProj.forward(h), headDim);
      Tensor k = CausalAttention.heads(kProj.forward(h), headDim);
      Tensor v = CausalAttention.heads(vProj.forward(h), headDim);
      q = rotary.forward(qNorm == null ? q : qNorm.forward(q), in.positions());
      k = rotary.forward(kNorm == null ? k : kNorm.forward(k), in.positions());
      return oProj.forward(attention.forward(q, k, v, in));
    }

    private static RmsNorm headNorm(Scope scope, LlamaConfig config) {
      return new RmsNorm(scope, config.headDim(), config.rmsNormEps(), config.onePlusWeight());
    }
  }
}
