package dev.gatun.model;

import dev.gatun.autograd.Recompute;
import dev.gatun.autograd.Step;
import dev.gatun.tensor.Tensor;
import java.util.List;
import java.util.function.UnaryOperator;

/** The transformer's layers, one after the other, and the norm that follows. */
final class Blocks {
  private final List<Block> blocks;
  private final UnaryOperator<Tensor> finalNorm;
  private boolean checkpointing;

  Blocks(List<? extends Block> blocks, UnaryOperator<Tensor> finalNorm) {
    this.blocks = List.copyOf(blocks);
    this.finalNorm = finalNorm;
  }

  /** See {@link CausalLm#setGradientCheckpointing}. */
  void setCheckpointing(boolean checkpointing) {
    this.checkpointing = checkpointing;
  }

  /**
   * The final hidden states: x [B, T, C] → [B, T, C]. Takes the positions of a cache into use, and,
   * where nothing is recorded, releases x and what is between the layers, so that memory does not
   * grow with their number.
   */
  Tensor forward(Tensor x, ForwardInput in, HiddenStates observer) {
    for (int i = 0; i < blocks.size(); i++) {
      observer.see(i, x);
      Block block = blocks.get(i);
      Tensor y = Recompute.block(h -> block.forward(h, in), x, checkpointing);
      releaseUnlessRecording(x);
      x = y;
    }
    Tensor y = finalNorm.apply(x);
    releaseUnlessRecording(x);
    observer.see(blocks.size(), y);
    if (in.cache() != null) {
      in.cache().advance(in.length());
    }
    return y;
  }

  private static void releaseUnlessRecording(Tensor x) {
    if (!Step.isRecording()) {
      x.buffer().release();
    }
  }
}
