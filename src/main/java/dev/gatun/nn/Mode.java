package dev.gatun.nn;

import dev.gatun.core.Philox;
import dev.gatun.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Whether a model is being trained, which dropout asks. While it is, a key addresses the random
 * choices, so that a block that is recomputed makes the same ones again. The key is a tensor: where
 * the work of a step is recorded and repeated, only its contents change.
 */
public final class Mode {
  /** "keys": the stream that keeps the keys apart from other uses of the same seed. */
  private static final long STREAM = 0x6B657973L;

  private @Nullable Tensor key;

  /**
   * The words of a key.
   *
   * @param seed of the run
   * @param step counts micro-batches, so that each drops other elements
   */
  public static int[] key(long seed, long step) {
    long key = new Philox(seed, STREAM).derive(step).stream();
    return new int[] {(int) key, (int) (key >>> 32)};
  }

  /**
   * From now on until the next call the model is trained.
   *
   * @param key I32 [2], see {@link #key(long, long)}
   */
  public void train(Tensor key) {
    this.key = key;
  }

  /** From now on the model is used: nothing is dropped. This is how a model begins. */
  public void eval() {
    key = null;
  }

  /** Whether the model is being trained. */
  public boolean isTraining() {
    return key != null;
  }

  /** What addresses the random choices of the micro-batch. */
  Tensor key() {
    if (key == null) {
      throw new IllegalStateException("a model that is not trained drops nothing");
    }
    return key;
  }
}
