package dev.gatun.hub;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.token.Bpe;
import dev.gatun.token.Vocabulary;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The {@code model} of {@code tokenizer.json}, of type BPE. */
final class BpeJson {
  private BpeJson() {}

  static Bpe read(JsonFields fields) {
    if (!fields.text("type", "BPE").equals("BPE")) {
      throw JsonElement.unknownType(fields, "model", "BPE");
    }
    if (fields.has("dropout")) {
      throw fields.error("dropout", "must be null: encoding is not random here");
    }
    Bpe.Options options =
        new Bpe.Options(
            fields.optionalText("unk_token").orElse(null),
            fields.optionalText("continuing_subword_prefix").orElse(null),
            fields.optionalText("end_of_word_suffix").orElse(null),
            fields.flag("fuse_unk", false),
            fields.flag("byte_fallback", false),
            fields.flag("ignore_merges", false));
    Vocabulary vocabulary = vocabulary(fields);
    List<Bpe.Merge> merges = merges(fields);
    return JsonElement.checked(fields, "merges", () -> new Bpe(vocabulary, merges, options));
  }

  private static Vocabulary vocabulary(JsonFields fields) {
    fields.accept("vocab");
    if (!(fields.node().get("vocab") instanceof ObjectNode vocab)) {
      throw fields.error("vocab", "must be an object of tokens and their ids");
    }
    Map<String, Integer> ids = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : vocab.properties()) {
      JsonNode id = entry.getValue();
      if (!id.isIntegralNumber() || !id.canConvertToInt()) {
        throw fields.error(
            "vocab",
            "gives the token %s the id %s, which is not an integer of 32 bits"
                .formatted(Quoted.of(entry.getKey()), Json.kind(id)));
      }
      ids.put(entry.getKey(), id.intValue());
    }
    return JsonElement.checked(fields, "vocab", () -> Vocabulary.of(ids));
  }

  private static List<Bpe.Merge> merges(JsonFields fields) {
    fields.accept("merges");
    if (!(fields.node().get("merges") instanceof ArrayNode list)) {
      throw fields.error("merges", "must be a list of pairs of tokens");
    }
    List<Bpe.Merge> merges = new ArrayList<>(list.size());
    for (JsonNode merge : list) {
      merges.add(merge(fields, "merges[" + merges.size() + "]", merge));
    }
    return merges;
  }

  /** A list of two texts, or, as older files have it, one text with a space between the two. */
  private static Bpe.Merge merge(JsonFields fields, String place, JsonNode merge) {
    if (merge.isArray() && merge.size() == 2 && merge.get(0).isTextual()) {
      if (merge.get(1).isTextual()) {
        return new Bpe.Merge(merge.get(0).textValue(), merge.get(1).textValue());
      }
    }
    if (merge.isTextual()) {
      String text = merge.textValue();
      int space = text.indexOf(' ');
      if (space >= 0 && space == text.lastIndexOf(' ')) {
        return new Bpe.Merge(text.substring(0, space), text.substring(space + 1));
      }
    }
    throw fields.error(place, "must be two tokens, but is " + Json.kind(merge));
  }

  static ObjectNode write(Bpe bpe) {
    Bpe.Options options = bpe.options();
    ObjectNode node = JsonElement.of("BPE");
    node.putNull("dropout");
    node.put("unk_token", options.unkToken());
    node.put("continuing_subword_prefix", options.continuingSubwordPrefix());
    node.put("end_of_word_suffix", options.endOfWordSuffix());
    node.put("fuse_unk", options.fuseUnk());
    node.put("byte_fallback", options.byteFallback());
    node.put("ignore_merges", options.ignoreMerges());
    ObjectNode vocab = node.putObject("vocab");
    for (int id = 0; id < bpe.vocabulary().idBound(); id++) {
      String token = bpe.vocabulary().token(id);
      if (token != null) {
        vocab.put(token, id);
      }
    }
    ArrayNode merges = node.putArray("merges");
    for (Bpe.Merge merge : bpe.merges()) {
      merges.addArray().add(merge.left()).add(merge.right());
    }
    return node;
  }
}
