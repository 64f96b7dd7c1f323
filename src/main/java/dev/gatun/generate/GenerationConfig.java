package dev.gatun.generate;

import dev.gatun.core.ConfigurationException;
import java.util.List;

/**
 * How text is generated: the names, meanings and defaults of Hugging Face's {@code
 * GenerationConfig}.
 *
 * @param maxNewTokens {@code max_new_tokens}: how many tokens to add at most
 * @param doSample {@code do_sample}: draw from the distribution instead of taking the best token
 * @param temperature {@code temperature}: scores are divided by it
 * @param topK {@code top_k}: how many tokens stay candidates; 0 for all
 * @param topP {@code top_p}: the probability mass that stays; 1 for all
 * @param minP {@code min_p}: the least probability relative to the best token's; 0 for none
 * @param repetitionPenalty {@code repetition_penalty}: above 1, tokens seen before lose score
 * @param noRepeatNgramSize {@code no_repeat_ngram_size}: no n tokens in a row appear twice; 0 for
 *     off
 * @param numReturnSequences {@code num_return_sequences}: how many texts to make of each prompt
 * @param seed of the draws
 * @param eosTokenIds {@code eos_token_id}: any of these ends a text
 * @param stopStrings {@code stop_strings}: so does any of these in the text that was added
 */
public record GenerationConfig(
    int maxNewTokens,
    boolean doSample,
    double temperature,
    int topK,
    double topP,
    double minP,
    double repetitionPenalty,
    int noRepeatNgramSize,
    int numReturnSequences,
    long seed,
    List<Integer> eosTokenIds,
    List<String> stopStrings) {

  public GenerationConfig {
    require(maxNewTokens >= 0, "max_new_tokens", "must not be negative", maxNewTokens);
    require(temperature > 0, "temperature", "must be above 0", temperature);
    require(topK >= 0, "top_k", "must not be negative", topK);
    require(topP > 0 && topP <= 1, "top_p", "must be above 0 and at most 1", topP);
    require(minP >= 0 && minP <= 1, "min_p", "must be between 0 and 1", minP);
    require(repetitionPenalty > 0, "repetition_penalty", "must be above 0", repetitionPenalty);
    require(
        noRepeatNgramSize >= 0, "no_repeat_ngram_size", "must not be negative", noRepeatNgramSize);
    require(numReturnSequences > 0, "num_return_sequences", "must be above 0", numReturnSequences);
    require(
        doSample || numReturnSequences == 1,
        "num_return_sequences",
        "above 1 needs do_sample, since greedy texts are all the same",
        numReturnSequences);
    eosTokenIds = List.copyOf(eosTokenIds);
    stopStrings = List.copyOf(stopStrings);
  }

  /** The best token each time, up to a number of tokens. */
  public static GenerationConfig greedy(int maxNewTokens, List<Integer> eosTokenIds) {
    return new GenerationConfig(
        maxNewTokens, false, 1, 50, 1, 0, 1, 0, 1, 0, eosTokenIds, List.of());
  }

  /** The same with other end tokens. */
  public GenerationConfig withEosTokenIds(List<Integer> ids) {
    return new GenerationConfig(
        maxNewTokens,
        doSample,
        temperature,
        topK,
        topP,
        minP,
        repetitionPenalty,
        noRepeatNgramSize,
        numReturnSequences,
        seed,
        ids,
        stopStrings);
  }

  private static void require(boolean holds, String key, String rule, Number value) {
    if (!holds) {
      throw new ConfigurationException("generation." + key + " " + rule + ", but is " + value);
    }
  }
}
