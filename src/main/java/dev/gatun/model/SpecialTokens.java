package dev.gatun.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The token ids with a meaning of their own that a model's configuration names.
 *
 * @param bosTokenId {@code bos_token_id}: begins a text
 * @param eosTokenIds {@code eos_token_id}: each of these ends a text; one id or a list in the file
 * @param padTokenId {@code pad_token_id}: fills short rows; null if the model knows no padding
 */
public record SpecialTokens(
    @Nullable Integer bosTokenId, List<Integer> eosTokenIds, @Nullable Integer padTokenId) {
  public SpecialTokens {
    eosTokenIds = List.copyOf(eosTokenIds);
  }

  /** None of them. */
  public static SpecialTokens none() {
    return new SpecialTokens(null, List.of(), null);
  }
}
