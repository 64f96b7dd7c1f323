package dev.gatun.hub;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.token.Decoder;
import dev.gatun.token.PreTokenizer.PrependScheme;
import dev.gatun.token.TextPattern;
import java.util.List;

/** The {@code decoder} of {@code tokenizer.json}. */
final class DecoderJson {
  private DecoderJson() {}

  static Decoder read(JsonFields fields) {
    return switch (fields.text("type")) {
      case "WordPiece" ->
          new Decoder.WordPiece(fields.text("prefix"), fields.flag("cleanup", true));
      case "ByteLevel" ->
          new Decoder.ByteLevel(
              JsonElement.flag(fields, "add_prefix_space"),
              JsonElement.flag(fields, "trim_offsets"),
              fields.flag("use_regex", true));
      case "BPEDecoder" -> new Decoder.WordSuffix(fields.text("suffix"));
      case "Metaspace" ->
          new Decoder.Metaspace(
              JsonElement.character(fields, "replacement"),
              PreTokenizerJson.scheme(fields),
              PreTokenizerJson.split(fields));
      case "ByteFallback" -> new Decoder.ByteFallback();
      case "Fuse" -> new Decoder.Fuse();
      case "Strip" ->
          new Decoder.Strip(
              JsonElement.character(fields, "content"),
              count(fields, "start"),
              count(fields, "stop"));
      case "Replace" -> new Decoder.Replace(JsonElement.pattern(fields), fields.text("content"));
      case "Sequence" ->
          new Decoder.Sequence(JsonElement.parts(fields, "decoders", DecoderJson::read));
      default ->
          throw JsonElement.unknownType(
              fields,
              "decoder",
              "WordPiece, ByteLevel, BPEDecoder, Metaspace, ByteFallback, Fuse, Strip, Replace,"
                  + " Sequence");
    };
  }

  private static int count(JsonFields fields, String key) {
    int count = fields.integer(key);
    if (count < 0) {
      throw fields.error(key, "must not be negative, but is " + count);
    }
    return count;
  }

  static ObjectNode write(Decoder decoder) {
    return switch (decoder) {
      case Decoder.WordPiece(String prefix, boolean cleanup) ->
          JsonElement.of("WordPiece").put("prefix", prefix).put("cleanup", cleanup);
      case Decoder.ByteLevel(boolean addPrefixSpace, boolean trimOffsets, boolean useRegex) ->
          PreTokenizerJson.byteLevel(addPrefixSpace, trimOffsets, useRegex);
      case Decoder.WordSuffix(String suffix) -> JsonElement.of("BPEDecoder").put("suffix", suffix);
      case Decoder.Metaspace(int replacement, PrependScheme scheme, boolean split) ->
          PreTokenizerJson.metaspace(replacement, scheme, split);
      case Decoder.ByteFallback() -> JsonElement.of("ByteFallback");
      case Decoder.Fuse() -> JsonElement.of("Fuse");
      case Decoder.Strip(int content, int start, int stop) ->
          JsonElement.of("Strip")
              .put("content", Character.toString(content))
              .put("start", start)
              .put("stop", stop);
      case Decoder.Replace(TextPattern pattern, String content) -> {
        ObjectNode node = JsonElement.of("Replace");
        node.set("pattern", JsonElement.write(pattern));
        yield node.put("content", content);
      }
      case Decoder.Sequence(List<Decoder> parts) ->
          JsonElement.sequence("decoders", parts, DecoderJson::write);
    };
  }
}
