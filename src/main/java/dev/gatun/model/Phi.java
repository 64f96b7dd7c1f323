package dev.gatun.model;

import static dev.gatun.op.Ops.add;

import dev.gatun.nn.Activation;
import dev.gatun.nn.Dropout;
import dev.gatun.nn.Embedding;
import dev.gatun.nn.Init;
import dev.gatun.nn.LayerNorm;
import dev.gatun.nn.Linear;
import dev.gatun.nn.Parameters;
import dev.gatun.nn.RotaryTable;
import dev.gatun.nn.Scope;
import dev.gatun.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Phi: attention and feed-forward layer side by side behind one norm, rotary embedding of a part of
 * each head, biases everywhere. Where the configuration says so, each head of queries and keys is
 * normalised before it is rotated.
 *
 * <pre>
 *   x      = embed_tokens[ids]
 *   h      = layerNorm(x)
 *   x      = x + attention(h) + mlp(h)              for each layer
 *   logits = layerNorm(x)·W_headᵀ + b_head
 * </pre>
 *
 * <p>Li et al., "Textbooks Are All You Need II: phi-1.5 technical report", 2023, section 2.
 */
public final class Phi implements CausalLm {
  private final PhiConfig config;
  private final Parameters parameters = new Parameters();
  private final Embedding embedTokens;
  private final Dropout embedDropout;
  private final Blocks layers;
  private final Linear lmHead;

  /** The model of this configuration, without memory. */
  public Phi(PhiConfig config) {
    this.config = config;
    Init init = new Init.Normal(config.initializerRange());
    Scope model = parameters.root().in("model");
    embedTokens =
        new Embedding(model.in("embed_tokens"), config.vocabSize(), config.hiddenSize(), init);
    embedDropout = new Dropout(model.in("embed_dropout"), config.embdPdrop());
    RotaryTable rotary =
        new RotaryTable(
            model.in("rotary_emb"),
            config.rotaryDim(),
            config.maxPositionEmbeddings(),
            config.ropeTheta(),
            config.ropeScaling());
    List<Layer> blocks = new ArrayList<>();
    for (int i = 0; i < config.numHiddenLayers(); i++) {
      blocks.add(new Layer(model.in("layers").in(i), config, i, rotary, init));
    }
    LayerNorm norm =
        new LayerNorm(model.in("final_layernorm"), config.hiddenSize(), config.layerNormEps());
    layers = new Blocks(blocks, norm::forward);
    Scope head = parameters.root().in("lm_head");
    lmHead =
        config.tieWordEmbeddings()
            ? Linear.tied(head, embedTokens.weight(), true)
            : new Linear(head, config.hiddenSize(), config.vocabSize(), true, init);
  }

  @Override
  public Tensor hidden(ForwardInput in, HiddenStates observer) {
    Tensor x = embedDropout.forward(embedTokens.forward(in.ids()));
    return layers.forward(x, in, observer);
  }

  @Override
  public Tensor head(Tensor hidden) {
    return lmHead.forward(hidden);
  }

  @Override
  public PhiConfig config() {
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

  private static final class Layer implements Block {
    private final LayerNorm inputLayernorm;
    private final Attention selfAttn;
    private final Mlp mlp;
    private final Dropout residDropout;
    private final Dropout mlpDropout;

    Layer(Scope scope, PhiConfig config, int index, RotaryTable rotary, Init init) {
      inputLayernorm =
          new LayerNorm(scope.in("input_layernorm"), config.hiddenSize(), config.layerNormEps());
      selfAttn = new Attention(scope.in("self_attn"), config, index, rotary, init);
      mlp =
          new Mlp(
              scope.in("mlp"),
              config.hiddenSize(),
              config.intermediateSize(),
              config.hiddenAct(),
              init);
      residDropout = new Dropout(scope.in("resid_dropout"), config.residPdrop());
      mlpDropout = new Dropout(scope.in("mlp.resid_dropout"), config.residPdrop());
    }

    @Override
    public Tensor forward(Tensor x, ForwardInput in) {
      Tensor h = inputLayernorm.forward(x);
      Tensor attended = residDropout.forward(selfAttn.forward(h, in));
      Tensor fed = mlpDropout.forward(mlp.forward(h));
      return add(add(attended, fed), x);
    }
  }

  private static final class Attention {
    private final Linear qProj;
    private final Linear kProj;
    private final Linear vProj;
    private final Linear dense;
    private final @Nullable LayerNorm qLayernorm;
    private final @Nullable LayerNorm kLayernorm;
    private final RotaryTable rotary;
    private final CausalAttention attention;
    private final int headDim;

    Attention(Scope scope, PhiConfig config, int layer, RotaryTable rotary, Init init) {
      int hidden = config.hiddenSize();
      headDim = config.headDim();
      int keyValue = config.numKeyValueHeads() * headDim;
      qProj = new Linear(scope.in("q_proj"), hidden, hidden, true, init);
      kProj = new Linear(scope.in("k_proj"), hidden, keyValue, true, init);
      vProj = new Linear(scope.in("v_proj"), hidden, keyValue, true, init);
      dense = new Linear(scope.in("dense"), hidden, hidden, true, init);
      qLayernorm = config.qkLayernorm() ? headNorm(scope.in("q_layernorm"), config) : null;
      kLayernorm = config.qkLayernorm() ? headNorm(scope.in("k_layernorm"), config) : null;
      this.rotary = rotary;
      attention =
          new CausalAttention(scope, layer, 0, 1 / Math.sqrt(headDim), config.attentionDropout());
    }

    Tensor forward(Tensor h, ForwardInput in) {
      Tensor q = CausalAttention.heads(qProj.forward(h), headDim);
      Tensor k = CausalAttention.heads(kProj.forward(h), headDim);
      Tensor v = CausalAttention.heads(vProj.forward(h), headDim);
      q = rotary.forward(qLayernorm == null ? q : qLayernorm.forward(q), in.positions());
      k = rotary.forward(kLayernorm == null ? k : kLayernorm.forward(k), in.positions());
      return dense.forward(attention.forward(q, k, v, in));
    }

    private static LayerNorm headNorm(Scope scope, PhiConfig config) {
      return new LayerNorm(scope, config.headDim(), config.layerNormEps());
    }
  }

  /** {@code fc2(act(fc1(h)))}. */
  private static final class Mlp {
    private final Linear fc1;
    private final Linear fc2;
    private final Activation act;

    Mlp(Scope scope, int hidden, int intermediate, Activation act, Init init) {
      fc1 = new Linear(scope.in("fc1"), hidden, intermediate, true, init);
      fc2 = new Linear(scope.in("fc2"), intermediate, hidden, true, init);
      this.act = act;
    }

    Tensor forward(Tensor h) {
      return fc2.forward(act.forward(fc1.forward(h)));
    }
  }
}
