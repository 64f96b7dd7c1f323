package dev.gatun.nn;

/**
 * Whether a model is being trained, which dropout asks. While it is, a step number addresses the
 * random choices, so that a block that is recomputed makes the same ones again.
 */
public final class Mode {
  private boolean training;
  private long seed;
  private long step;

  /**
   * From now on until the next call the model is trained.
   *
   * @param seed of the run
   * @param step counts micro-batches, so that each drops other elements
   */
  public void train(long seed, long step) {
    this.training = true;
    this.seed = seed;
    this.step = step;
  }

  /** From now on the model is used: nothing is dropped. This is how a model begins. */
  public void eval() {
    training = false;
  }

  /** Whether the model is being trained. */
  public boolean isTraining() {
    return training;
  }

  /** The seed of the run. */
  public long seed() {
    return seed;
  }

  /** The micro-batch. */
  public long step() {
    return step;
  }
}
