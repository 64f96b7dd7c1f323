package dev.gatun.hub;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.token.PreTokenizer;
import dev.gatun.token.PreTokenizer.PrependScheme;
import dev.gatun.token.SplitBehavior;
import dev.gatun.token.TextPattern;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/** The {@code pre_tokenizer} of {@code tokenizer.json}. */
final class PreTokenizerJson {
  private static final SequencedMap<String, SplitBehavior> BEHAVIORS = new LinkedHashMap<>();
  private static final SequencedMap<String, PrependScheme> SCHEMES = new LinkedHashMap<>();

  static {
    BEHAVIORS.put("Removed", SplitBehavior.REMOVED);
    BEHAVIORS.put("Isolated", SplitBehavior.ISOLATED);
    BEHAVIORS.put("MergedWithPrevious", SplitBehavior.MERGED_WITH_PREVIOUS);
    BEHAVIORS.put("MergedWithNext", SplitBehavior.MERGED_WITH_NEXT);
    BEHAVIORS.put("Contiguous", SplitBehavior.CONTIGUOUS);
    SCHEMES.put("first", PrependScheme.FIRST);
    SCHEMES.put("never", PrependScheme.NEVER);
    SCHEMES.put("always", PrependScheme.ALWAYS);
  }

  private PreTokenizerJson() {}

  static PreTokenizer read(JsonFields fields) {
    return switch (fields.text("type")) {
      case "WhitespaceSplit" -> new PreTokenizer.WhitespaceSplit();
      case "Whitespace" -> new PreTokenizer.Whitespace();
      case "Punctuation" ->
          new PreTokenizer.Punctuation(fields.choice("behavior", BEHAVIORS, "Isolated"));
      case "Digits" -> new PreTokenizer.Digits(JsonElement.flag(fields, "individual_digits"));
      case "Split" ->
          new PreTokenizer.Split(
              JsonElement.pattern(fields),
              fields.choice("behavior", BEHAVIORS, fields.text("behavior")),
              JsonElement.flag(fields, "invert"));
      case "ByteLevel" ->
          new PreTokenizer.ByteLevel(
              JsonElement.flag(fields, "add_prefix_space"),
              JsonElement.flag(fields, "trim_offsets"),
              fields.flag("use_regex", true));
      case "Metaspace" ->
          new PreTokenizer.Metaspace(
              JsonElement.character(fields, "replacement"), scheme(fields), split(fields));
      case "Sequence" ->
          new PreTokenizer.Sequence(
              JsonElement.parts(fields, "pretokenizers", PreTokenizerJson::read));
      default ->
          throw JsonElement.unknownType(
              fields,
              "pre-tokenizer",
              "WhitespaceSplit, Whitespace, Punctuation, Digits, Split, ByteLevel, Metaspace,"
                  + " Sequence");
    };
  }

  /** When a mark is put in front: as older files say it, by {@code add_prefix_space}, or newer. */
  static PrependScheme scheme(JsonFields fields) {
    boolean never = !fields.flag("add_prefix_space", true);
    PrependScheme scheme = fields.choice("prepend_scheme", SCHEMES, never ? "never" : "always");
    if (never && scheme != PrependScheme.NEVER) {
      throw fields.error("prepend_scheme", "must be never where add_prefix_space is false");
    }
    return scheme;
  }

  /** Whether marks begin words; older files also name the mark a second time. */
  static boolean split(JsonFields fields) {
    fields.accept("str_rep");
    return fields.flag("split", true);
  }

  static ObjectNode write(PreTokenizer preTokenizer) {
    return switch (preTokenizer) {
      case PreTokenizer.WhitespaceSplit() -> JsonElement.of("WhitespaceSplit");
      case PreTokenizer.Whitespace() -> JsonElement.of("Whitespace");
      case PreTokenizer.Punctuation(SplitBehavior behavior) ->
          JsonElement.of("Punctuation").put("behavior", name(BEHAVIORS, behavior));
      case PreTokenizer.Digits(boolean individual) ->
          JsonElement.of("Digits").put("individual_digits", individual);
      case PreTokenizer.Split(TextPattern pattern, SplitBehavior behavior, boolean invert) -> {
        ObjectNode node = JsonElement.of("Split");
        node.set("pattern", JsonElement.write(pattern));
        yield node.put("behavior", name(BEHAVIORS, behavior)).put("invert", invert);
      }
      case PreTokenizer.ByteLevel(boolean addPrefixSpace, boolean trimOffsets, boolean useRegex) ->
          byteLevel(addPrefixSpace, trimOffsets, useRegex);
      case PreTokenizer.Metaspace(int replacement, PrependScheme scheme, boolean split) ->
          metaspace(replacement, scheme, split);
      case PreTokenizer.Sequence(List<PreTokenizer> parts) ->
          JsonElement.sequence("pretokenizers", parts, PreTokenizerJson::write);
    };
  }

  static ObjectNode byteLevel(boolean addPrefixSpace, boolean trimOffsets, boolean useRegex) {
    return JsonElement.of("ByteLevel")
        .put("add_prefix_space", addPrefixSpace)
        .put("trim_offsets", trimOffsets)
        .put("use_regex", useRegex);
  }

  static ObjectNode metaspace(int replacement, PrependScheme scheme, boolean split) {
    return JsonElement.of("Metaspace")
        .put("replacement", Character.toString(replacement))
        .put("prepend_scheme", name(SCHEMES, scheme))
        .put("split", split);
  }

  private static <T> String name(Map<String, T> names, T value) {
    return names.entrySet().stream()
        .filter(entry -> entry.getValue().equals(value))
        .findFirst()
        .orElseThrow()
        .getKey();
  }
}
