package dev.gatun.hub;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.model.SpecialTokens;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code bos_token_id}, {@code eos_token_id} (an id or a list of ids) and {@code pad_token_id} in a
 * configuration. An absent key has its default; null says that there is none.
 */
final class SpecialTokensJson {
  private SpecialTokensJson() {}

  static SpecialTokens read(JsonFields fields, SpecialTokens absent) {
    return new SpecialTokens(
        readId(fields, "bos_token_id", absent.bosTokenId()),
        readIds(fields, "eos_token_id", absent.eosTokenIds()),
        readId(fields, "pad_token_id", absent.padTokenId()));
  }

  static void write(SpecialTokens tokens, ObjectNode json) {
    json.put("bos_token_id", tokens.bosTokenId());
    json.put("pad_token_id", tokens.padTokenId());
    List<Integer> ends = tokens.eosTokenIds();
    switch (ends.size()) {
      case 0 -> json.putNull("eos_token_id");
      case 1 -> json.put("eos_token_id", ends.getFirst());
      default -> {
        ArrayNode list = json.putArray("eos_token_id");
        ends.forEach(list::add);
      }
    }
  }

  private static @Nullable Integer readId(JsonFields fields, String key, @Nullable Integer absent) {
    if (!fields.contains(key)) {
      return absent;
    }
    return fields.has(key) ? Integer.valueOf(fields.integer(key)) : null;
  }

  private static List<Integer> readIds(JsonFields fields, String key, List<Integer> absent) {
    if (!fields.contains(key)) {
      return absent;
    }
    return fields.isList(key) || !fields.has(key)
        ? fields.integers(key)
        : List.of(fields.integer(key));
  }
}
