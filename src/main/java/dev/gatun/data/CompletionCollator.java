package dev.gatun.data;

import dev.gatun.core.ConfigurationException;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Only answers are targets: trl 0.9.6's {@code DataCollatorForCompletionOnlyLM}, which later
 * versions of trl no longer have.
 *
 * <pre>
 *   &lt;|prompt|&gt; What is 2 + 3 ? &lt;|assistant|&gt; 5 &lt;|endofanswer|&gt;
 *    -100     ...          -100     5   &lt;|endofanswer|&gt;
 * </pre>
 *
 * <p>Without an instruction template, everything up to and including the last response template is
 * ignored. With one, every turn is: the k-th span from an instruction template to the end of the
 * k-th response template. A row without the templates is ignored as a whole.
 */
public final class CompletionCollator implements Collator {
  private final int[] responseTemplate;
  private final int[] instructionTemplate;
  private final @Nullable Integer maskedId;

  private CompletionCollator(int[] response, int[] instruction, @Nullable Integer maskedId) {
    this.responseTemplate = response.clone();
    this.instructionTemplate = instruction.clone();
    this.maskedId = maskedId;
  }

  /**
   * The answer after the last response template.
   *
   * @param responseTemplate its ids, at least one
   * @param maskedId as in {@link CausalCollator}
   */
  public static CompletionCollator lastAnswer(int[] responseTemplate, @Nullable Integer maskedId) {
    requireIds("response", responseTemplate);
    return new CompletionCollator(responseTemplate, new int[0], maskedId);
  }

  /** Every answer of a dialogue: between a response template and the next instruction template. */
  public static CompletionCollator everyAnswer(
      int[] responseTemplate, int[] instructionTemplate, @Nullable Integer maskedId) {
    requireIds("response", responseTemplate);
    requireIds("instruction", instructionTemplate);
    return new CompletionCollator(responseTemplate, instructionTemplate, maskedId);
  }

  private static void requireIds(String which, int[] template) {
    if (template.length == 0) {
      throw new ConfigurationException(
          which + "_template has no token; the tokenizer may not know its text");
    }
  }

  @Override
  public boolean label(int[] labels, int from, int to) {
    // First the pads, then the templates: a template that contains the pad id is never found,
    // as in trl.
    CausalCollator.mask(labels, from, to, maskedId);
    return instructionTemplate.length == 0
        ? keepLastAnswer(labels, from, to)
        : keepEveryAnswer(labels, from, to);
  }

  private boolean keepLastAnswer(int[] labels, int from, int to) {
    IntArrayList answers = find(responseTemplate, labels, from, to);
    int answer = answers.isEmpty() ? to : answers.topInt() + responseTemplate.length;
    Arrays.fill(labels, from, answer, IGNORED);
    return !answers.isEmpty();
  }

  private boolean keepEveryAnswer(int[] labels, int from, int to) {
    IntArrayList answers = find(responseTemplate, labels, from, to);
    IntArrayList turns = find(instructionTemplate, labels, from, to);
    if (answers.isEmpty() || turns.isEmpty()) {
      Arrays.fill(labels, from, to, IGNORED);
      return false;
    }
    if (turns.getInt(0) > answers.getInt(0) + responseTemplate.length) {
      turns.add(0, from); // the row starts within a turn
    }
    for (int k = 0; k < Math.min(turns.size(), answers.size()); k++) {
      int start = k == 0 ? from : turns.getInt(k);
      // A turn without answer shifts the pairs, so that a span may be empty.
      int end = Math.max(start, answers.getInt(k) + responseTemplate.length);
      Arrays.fill(labels, start, end, IGNORED);
    }
    if (answers.size() < turns.size()) {
      Arrays.fill(labels, turns.topInt(), to, IGNORED);
    }
    return true;
  }

  /** Where a template starts, ascending. */
  private static IntArrayList find(int[] template, int[] ids, int from, int to) {
    IntArrayList found = new IntArrayList();
    for (int at = from; at <= to - template.length; at++) {
      if (Arrays.equals(ids, at, at + template.length, template, 0, template.length)) {
        found.add(at);
      }
    }
    return found;
  }
}
