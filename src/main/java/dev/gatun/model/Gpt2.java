package dev.gatun.model;

import static dev.gatun.op.Ops.add;

import dev.gatun.nn.Activation;
import dev.gatun.nn.Conv1D;
import dev.gatun.nn.Dropout;
import dev.gatun.nn.Embedding;
import dev.gatun.nn.Init;
import dev.gatun.nn.LayerNorm;
import dev.gatun.nn.Linear;
import dev.gatun.nn.Parameters;
import dev.gatun.nn.Scope;
import dev.gatun.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * GPT-2: learnt positions, norms before each branch, one projection for queries, keys and values.
 *
 * <pre>
 *   x      = wte[ids] + wpe[positions]
 *   x      = x + attention(layerNorm(x))
 *   x      = x + mlp(layerNorm(x))                    for each layer
 *   logits = layerNorm(x)·wteᵀ
 * </pre>
 *
 * <p>Radford et al., "Language Models are Unsupervised Multitask Learners", 2019, section 2.3; also
 * the source of the initial scale 1/√(2·layers) of what is added to the residual stream.
 */
public final class Gpt2 implements CausalLm {
  private final Gpt2Config config;
  private final Parameters parameters = new Parameters();
  private final Embedding wte;
  private final Embedding wpe;
  private final Dropout drop;
  private final Blocks h;
  private final Linear lmHead;

  /** The model of this configuration, without memory. */
  public Gpt2(Gpt2Config config) {
    this.config = config;
    Init init = new Init.Normal(config.initializerRange());
    Scope transformer = parameters.root().in("transformer");
    wte = new Embedding(transformer.in("wte"), config.vocabSize(), config.nEmbd(), init);
    wpe = new Embedding(transformer.in("wpe"), config.nPositions(), config.nEmbd(), init);
    drop = new Dropout(transformer.in("drop"), config.embdPdrop());
    List<Layer> layers = new ArrayList<>();
    for (int i = 0; i < config.nLayer(); i++) {
      layers.add(new Layer(transformer.in("h").in(i), config, i));
    }
    LayerNorm norm =
        new LayerNorm(transformer.in("ln_f"), config.nEmbd(), config.layerNormEpsilon());
    h = new Blocks(layers, norm::forward);
    Scope head = parameters.root().in("lm_head");
    lmHead =
        config.tieWordEmbeddings()
            ? Linear.tied(head, wte.weight(), false)
            : new Linear(head, config.nEmbd(), config.vocabSize(), false, init);
  }

  @Override
  public Tensor hidden(ForwardInput in, HiddenStates observer) {
    Tensor x = add(wte.forward(in.ids()), wpe.forward(in.positions()));
    return h.forward(drop.forward(x), in, observer);
  }

  @Override
  public Tensor head(Tensor hidden) {
    return lmHead.forward(hidden);
  }

  @Override
  public Gpt2Config config() {
    return config;
  }

  @Override
  public Embedding inputEmbeddings() {
    return wte;
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
    h.setCheckpointing(checkpointing);
  }

  /** How a matrix starts whose product is added to the residual stream. */
  private static Init residual(Gpt2Config config) {
    return new Init.Normal(config.initializerRange() / Math.sqrt(2.0 * config.nLayer()));
  }

  private static final class Layer implements Block {
    private final LayerNorm ln1;
    private final Attention attn;
    private final LayerNorm ln2;
    private final Mlp mlp;

    Layer(Scope scope, Gpt2Config config, int index) {
      ln1 = new LayerNorm(scope.in("ln_1"), config.nEmbd(), config.layerNormEpsilon());
      attn = new Attention(scope.in("attn"), config, index);
      ln2 = new LayerNorm(scope.in("ln_2"), config.nEmbd(), config.layerNormEpsilon());
      mlp = new Mlp(scope.in("mlp"), config);
    }

    @Override
    public Tensor forward(Tensor x, ForwardInput in) {
      x = add(x, attn.forward(ln1.forward(x), in));
      return add(x, mlp.forward(ln2.forward(x)));
    }
  }

  private static final class Attention {
    private final Conv1D cAttn;
    private final Conv1D cProj;
    private final Dropout residDropout;
    private final CausalAttention attention;
    private final int heads;
    private final int headDim;

    Attention(Scope scope, Gpt2Config config, int layer) {
      int width = config.nEmbd();
      heads = config.nHead();
      headDim = config.headDim();
      Init init = new Init.Normal(config.initializerRange());
      cAttn = new Conv1D(scope.in("c_attn"), width, 3 * width, init);
      cProj = new Conv1D(scope.in("c_proj"), width, width, residual(config));
      residDropout = new Dropout(scope.in("resid_dropout"), config.residPdrop());
      attention = new CausalAttention(scope, layer, 0, scale(config, layer), config.attnPdrop());
    }

    Tensor forward(Tensor h, ForwardInput in) {
      Tensor qkv = CausalAttention.heads(cAttn.forward(h), headDim);
      return residDropout.forward(cProj.forward(attention.forward(qkv, heads, in)));
    }

    private static double scale(Gpt2Config config, int layer) {
      double scale = config.scaleAttnWeights() ? 1 / Math.sqrt(config.headDim()) : 1;
      return config.scaleAttnByInverseLayerIdx() ? scale / (layer + 1) : scale;
    }
  }

  /** {@code c_proj(act(c_fc(h)))}. */
  private static final class Mlp {
    private final Conv1D cFc;
    private final Conv1D cProj;
    private final Activation act;
    private final Dropout dropout;

    Mlp(Scope scope, Gpt2Config config) {
      Init init = new Init.Normal(config.initializerRange());
      cFc = new Conv1D(scope.in("c_fc"), config.nEmbd(), config.nInner(), init);
      cProj = new Conv1D(scope.in("c_proj"), config.nInner(), config.nEmbd(), residual(config));
      act = config.activationFunction();
      dropout = new Dropout(scope.in("dropout"), config.residPdrop());
    }

    Tensor forward(Tensor h) {
      return dropout.forward(cProj.forward(act.forward(cFc.forward(h))));
    }
  }
}
