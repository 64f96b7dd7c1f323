package dev.gatun.model;

import dev.gatun.core.DType;
import dev.gatun.memory.Region;
import dev.gatun.nn.Embedding;
import dev.gatun.nn.KvCache;
import dev.gatun.nn.Linear;
import dev.gatun.nn.Parameters;
import dev.gatun.op.Ops;
import dev.gatun.tensor.Tensor;

/**
 * A language model that predicts each token from those before it. Sizes: B rows, T tokens, C the
 * hidden size, V the size of the vocabulary.
 *
 * <p>A new model has parameters without memory; {@link Parameters} gives it. Everything here runs
 * in the current {@link dev.gatun.autograd.Step} and is recorded on its tape.
 */
public sealed interface CausalLm permits Gpt2, Llama, Phi {
  /** What this model was built from. */
  ModelConfig config();

  /** Its parameters, named as in Hugging Face's files, and whether it is being trained. */
  Parameters parameters();

  /** The table of token embeddings, [V, C]. */
  Embedding inputEmbeddings();

  /** The layer that scores tokens; its weight is that of the table if the two are tied. */
  Linear outputEmbeddings();

  /**
   * Whether to give up the activations of each block while recording and compute them again in the
   * backward pass: memory for time, the same bits.
   */
  void setGradientCheckpointing(boolean checkpointing);

  /**
   * The hidden states after the final norm, [B, T, C].
   *
   * @param observer sees those of every layer
   */
  Tensor hidden(ForwardInput in, HiddenStates observer);

  /** The output layer: hidden states [..., C] → logits [..., V]. */
  Tensor head(Tensor hidden);

  /** The hidden states after the final norm, [B, T, C]. */
  default Tensor hidden(ForwardInput in) {
    return hidden(in, HiddenStates.UNSEEN);
  }

  /** A score for each token that might come next, at every position: [B, T, V]. */
  default Tensor logits(ForwardInput in) {
    return head(hidden(in));
  }

  /** The scores at the last position of each row alone: [B, V]. */
  default Tensor lastLogits(ForwardInput in) {
    Tensor last = Ops.slice(hidden(in), 1, in.length() - 1, in.length());
    return head(last.view(in.batch(), last.shape().columns()));
  }

  /**
   * The cross-entropy summed over labelled positions and multiplied by a factor, F32 [1].
   *
   * @param labels I32 [B, T], shifted already: the label of position t is the token at t + 1; -100
   *     where there is none
   * @param scale one over the number of labels that the mean is to be taken over
   */
  default Tensor loss(ForwardInput in, Tensor labels, double scale) {
    return loss(in, labels, scale, 0);
  }

  /** The same with smoothed labels, see {@link Ops#crossEntropy(Tensor, Tensor, float, float)}. */
  default Tensor loss(ForwardInput in, Tensor labels, double scale, double labelSmoothing) {
    Tensor logits = logits(in);
    int rows = logits.shape().rows();
    return Ops.crossEntropy(
        logits.view(rows, logits.shape().columns()),
        labels.view(rows),
        (float) scale,
        (float) labelSmoothing);
  }

  /** An empty cache for this model. */
  default KvCache newCache(Region region, int batch, int capacity) {
    ModelConfig config = config();
    return new KvCache(
        region,
        config.numHiddenLayers(),
        batch,
        capacity,
        config.numKeyValueHeads(),
        config.headDim(),
        DType.F32);
  }
}
