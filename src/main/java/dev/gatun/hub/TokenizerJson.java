package dev.gatun.hub;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.core.DataException;
import dev.gatun.token.AddedToken;
import dev.gatun.token.Tokenizer;
import java.nio.file.Path;

/**
 * The file {@code tokenizer.json} of the Hugging Face {@code tokenizers} library, version 1.0 of
 * its format. What is not known here is an error that names the element and its place, so a
 * tokenizer that was read does what the library does.
 */
public final class TokenizerJson {
  private TokenizerJson() {}

  /**
   * Reads a tokenizer.
   *
   * @throws DataException if the file is absent, is not such JSON, or has an element that cannot be
   *     honoured
   */
  public static Tokenizer read(Path file) {
    return parse(JsonFields.ofData(file));
  }

  /**
   * Reads a tokenizer from the text of such a file.
   *
   * @param origin what messages call the text
   */
  public static Tokenizer parse(String origin, byte[] utf8) {
    return parse(JsonFields.ofData(origin, Json.parseObject(origin, utf8)));
  }

  /** Writes a tokenizer, whole or not at all. */
  public static void write(Path file, Tokenizer tokenizer) {
    Json.write(file, toJson(tokenizer));
  }

  /** The text of such a file. */
  public static String format(Tokenizer tokenizer) {
    return Json.format(toJson(tokenizer));
  }

  private static Tokenizer parse(JsonFields fields) {
    if (!fields.text("version", "1.0").equals("1.0")) {
      throw fields.error("version", "must be 1.0; the file is of another format");
    }
    for (String key : new String[] {"truncation", "padding"}) {
      if (fields.has(key)) {
        throw fields.error(key, "must be null: rows are cut and padded when batches are made");
      }
    }
    JsonFields model =
        fields.object("model").orElseThrow(() -> fields.error("model", "is missing"));
    Tokenizer.Builder builder = Tokenizer.builder(BpeJson.read(model));
    fields.object("normalizer").map(NormalizerJson::read).ifPresent(builder::normalizer);
    fields.object("pre_tokenizer").map(PreTokenizerJson::read).ifPresent(builder::preTokenizer);
    fields.object("post_processor").map(PostProcessorJson::read).ifPresent(builder::postProcessor);
    fields.object("decoder").map(DecoderJson::read).ifPresent(builder::decoder);
    fields.objects("added_tokens").forEach(token -> add(token, builder));
    fields.rejectUnknown();
    return builder.build();
  }

  private static void add(JsonFields fields, Tokenizer.Builder builder) {
    boolean special = fields.flag("special", false);
    String content = fields.text("content");
    int id =
        JsonElement.checked(
            fields,
            "content",
            () ->
                builder.add(
                    new AddedToken(
                        content,
                        fields.flag("single_word", false),
                        fields.flag("lstrip", false),
                        fields.flag("rstrip", false),
                        fields.flag("normalized", !special),
                        special)));
    if (id != fields.integer("id")) {
      throw fields.error(
          "id",
          "is %d for the token %s, whose id by the vocabulary and the tokens before it is %d"
              .formatted(fields.integer("id"), Quoted.of(content), id));
    }
  }

  private static ObjectNode toJson(Tokenizer tokenizer) {
    ObjectNode root = Json.object().put("version", "1.0");
    root.putNull("truncation");
    root.putNull("padding");
    ArrayNode added = root.putArray("added_tokens");
    tokenizer.addedTokens().forEach((id, token) -> added.add(toJson(id, token)));
    root.set("normalizer", tokenizer.normalizer().map(NormalizerJson::write).orElse(null));
    root.set("pre_tokenizer", tokenizer.preTokenizer().map(PreTokenizerJson::write).orElse(null));
    root.set(
        "post_processor", tokenizer.postProcessor().map(PostProcessorJson::write).orElse(null));
    root.set("decoder", tokenizer.decoder().map(DecoderJson::write).orElse(null));
    root.set("model", BpeJson.write(tokenizer.model()));
    return root;
  }

  private static ObjectNode toJson(int id, AddedToken token) {
    return Json.object()
        .put("id", id)
        .put("content", token.content())
        .put("single_word", token.singleWord())
        .put("lstrip", token.lstrip())
        .put("rstrip", token.rstrip())
        .put("normalized", token.normalized())
        .put("special", token.special());
  }
}
