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
   * @param labels on entry the ids; from and to mark the row, without padding
   * @return whether the row has the form that the collator expects; a row that has not is ignored
   */
  boolean label(int[] labels, int from, int to);

  /** How many rows do not have the form that this collator expects and so teach nothing. */
  default int unusable(TokenRows rows) {
    int count = 0;
    for (int row = 0; row < rows.size(); row++) {
      int[] labels = rows.row(row);
      if (!label(labels, 0, labels.length)) {
        count++;
      }
    }
    return count;
  }
}
