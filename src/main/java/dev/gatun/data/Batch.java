package dev.gatun.data;

import org.jspecify.annotations.Nullable;

/**
 * One batch, padded on the right to its longest row; matrices are [B, T], row-major.
 *
 * <p>Labels are shifted already: {@code labels[b, t]} is what the model is to predict after having
 * read {@code inputIds[b, 0..t]}, so the logits need no slicing. The last position of a row, its
 * padding and all that the collator masks are {@link Collator#IGNORED}.
 *
 * @param inputIds [B*T]
 * @param labels [B*T]
 * @param lengths [B], the tokens of each row without padding: the attention mask
 * @param starts [B*T], the position in its row at which the text of each token begins, see {@link
 *     Packing}; padding is a text of its own. Null where every row is one text
 * @param B rows
 * @param T positions
 * @param targetTokens how many labels are targets: the divisor of the loss, possibly 0
 */
// Arrays for what they are, not copied: a batch is read once, by the step that it was made for.
@SuppressWarnings("ArrayRecordComponent")
public record Batch(
    int[] inputIds,
    int[] labels,
    int[] lengths,
    int @Nullable [] starts,
    int B,
    int T,
    int targetTokens) {
  /** A batch in which every row is one text. */
  public Batch(int[] inputIds, int[] labels, int[] lengths, int B, int T, int targetTokens) {
    this(inputIds, labels, lengths, null, B, T, targetTokens);
  }
}
