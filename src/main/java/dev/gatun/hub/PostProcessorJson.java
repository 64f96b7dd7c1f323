package dev.gatun.hub;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.token.PostProcessor;
import dev.gatun.token.PostProcessor.Piece;
import dev.gatun.token.PostProcessor.SpecialTokens;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The {@code post_processor} of {@code tokenizer.json}. */
final class PostProcessorJson {
  private PostProcessorJson() {}

  static PostProcessor read(JsonFields fields) {
    return switch (fields.text("type")) {
      case "TemplateProcessing" -> template(fields);
      case "ByteLevel" ->
          new PostProcessor.ByteLevel(
              JsonElement.flag(fields, "add_prefix_space"),
              JsonElement.flag(fields, "trim_offsets"),
              fields.flag("use_regex", true));
      case "Sequence" ->
          new PostProcessor.Sequence(
              JsonElement.parts(fields, "processors", PostProcessorJson::read));
      default ->
          throw JsonElement.unknownType(
              fields, "post-processor", "TemplateProcessing, ByteLevel, Sequence");
    };
  }

  private static PostProcessor template(JsonFields fields) {
    Map<String, SpecialTokens> special = new LinkedHashMap<>();
    fields
        .object("special_tokens")
        .ifPresent(
            tokens ->
                tokens
                    .node()
                    .fieldNames()
                    .forEachRemaining(id -> special.put(id, specialTokens(tokens, id))));
    List<Piece> single = JsonElement.parts(fields, "single", PostProcessorJson::piece);
    List<Piece> pair = JsonElement.parts(fields, "pair", PostProcessorJson::piece);
    return JsonElement.checked(
        fields, "single", () -> new PostProcessor.Template(single, pair, special));
  }

  private static SpecialTokens specialTokens(JsonFields tokens, String id) {
    JsonFields fields =
        tokens.object(id).orElseThrow(() -> tokens.error(id, "must be an object, but is null"));
    if (!fields.text("id").equals(id)) {
      throw fields.error("id", "must be the key it stands under, %s".formatted(Quoted.of(id)));
    }
    return JsonElement.checked(
        fields, "ids", () -> new SpecialTokens(fields.integers("ids"), fields.texts("tokens")));
  }

  private static Piece piece(JsonFields fields) {
    var sequence = fields.object("Sequence");
    var special = fields.object("SpecialToken");
    if (sequence.isPresent() == special.isPresent()) {
      throw fields.error("Sequence", "or SpecialToken must be there, and not both");
    }
    if (special.isPresent()) {
      return new PostProcessor.Special(special.get().text("id"), special.get().integer("type_id"));
    }
    String id = sequence.get().text("id");
    if (!id.equals("A") && !id.equals("B")) {
      throw sequence.get().error("id", "must be A or B, but is %s".formatted(Quoted.of(id)));
    }
    return new PostProcessor.Text(id.equals("B"), sequence.get().integer("type_id"));
  }

  static ObjectNode write(PostProcessor processor) {
    return switch (processor) {
      case PostProcessor.Template template -> {
        ObjectNode node = JsonElement.of("TemplateProcessing");
        template.single().forEach(piece -> node.withArray("single").add(write(piece)));
        template.pair().forEach(piece -> node.withArray("pair").add(write(piece)));
        ObjectNode special = node.putObject("special_tokens");
        new TreeMap<>(template.specialTokens())
            .forEach((id, tokens) -> special.set(id, write(id, tokens)));
        yield node;
      }
      case PostProcessor.ByteLevel(boolean addPrefixSpace, boolean trim, boolean useRegex) ->
          PreTokenizerJson.byteLevel(addPrefixSpace, trim, useRegex);
      case PostProcessor.Sequence(List<PostProcessor> parts) ->
          JsonElement.sequence("processors", parts, PostProcessorJson::write);
    };
  }

  private static ObjectNode write(Piece piece) {
    ObjectNode node = Json.object();
    switch (piece) {
      case PostProcessor.Text(boolean second, int typeId) ->
          node.putObject("Sequence").put("id", second ? "B" : "A").put("type_id", typeId);
      case PostProcessor.Special(String id, int typeId) ->
          node.putObject("SpecialToken").put("id", id).put("type_id", typeId);
    }
    return node;
  }

  private static ObjectNode write(String id, SpecialTokens tokens) {
    ObjectNode node = Json.object().put("id", id);
    ArrayNode ids = node.putArray("ids");
    tokens.ids().forEach(ids::add);
    ArrayNode texts = node.putArray("tokens");
    tokens.tokens().forEach(texts::add);
    return node;
  }
}
