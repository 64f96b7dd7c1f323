package dev.gatun.data;

/**
 * Which tokens of a row are targets of the loss.
 *
 * <p>Labels follow Hugging Face's convention: a label is the id at its own position, and {@link
 * #IGNORED} where the loss does not look. {@link Batches} shifts them.
 */
public sealed interface Collator permits CausalCollator, CompletionCollator {
  /** The label of a position that is no target, as in PyTorch's cross entropy. */
  int IGNORED = -100;

  /**
   * Turns the ids of one row into its labels, in place.
   *
   * @param labels on entry the ids, {@link #IGNORED} for those that are only to be read; from and
   *     to mark the row, without padding
   * @return whether the row has the form that the collator expects; a row that has not is ignored
   */
  boolean label(int[] labels, int from, int to);

  /** How many tokens of a row are targets; its first token has nothing before it to predict it. */
  default int targets(TokenRows rows, int row) {
    int[] labels = rows.labels(row);
    label(labels, 0, labels.length);
    int targets = 0;
    for (int i = 1; i < labels.length; i++) {
      targets += labels[i] == IGNORED ? 0 : 1;
    }
    return targets;
  }

  /** How many rows do not have the form that this collator expects and so teach nothing. */
  default int unusable(TokenRows rows) {
    int count = 0;
    for (int row = 0; row < rows.size(); row++) {
      int[] labels = rows.labels(row);
      if (!label(labels, 0, labels.length)) {
        count++;
      }
    }
    return count;
  }
}
