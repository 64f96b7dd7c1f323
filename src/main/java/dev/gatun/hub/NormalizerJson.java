package dev.gatun.hub;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.token.Normalizer;
import dev.gatun.token.TextPattern;
import java.util.List;

/** The {@code normalizer} of {@code tokenizer.json}. */
final class NormalizerJson {
  private NormalizerJson() {}

  static Normalizer read(JsonFields fields) {
    return switch (fields.text("type")) {
      case "NFC" -> new Normalizer.Unicode(Normalizer.Form.NFC);
      case "NFD" -> new Normalizer.Unicode(Normalizer.Form.NFD);
      case "NFKC" -> new Normalizer.Unicode(Normalizer.Form.NFKC);
      case "NFKD" -> new Normalizer.Unicode(Normalizer.Form.NFKD);
      case "Lowercase" -> new Normalizer.Lowercase();
      case "Replace" -> new Normalizer.Replace(JsonElement.pattern(fields), fields.text("content"));
      case "Prepend" -> new Normalizer.Prepend(fields.text("prepend"));
      case "Strip" ->
          new Normalizer.Strip(
              JsonElement.flag(fields, "strip_left"), JsonElement.flag(fields, "strip_right"));
      case "Sequence" ->
          new Normalizer.Sequence(JsonElement.parts(fields, "normalizers", NormalizerJson::read));
      default ->
          throw JsonElement.unknownType(
              fields,
              "normalizer",
              "NFC, NFD, NFKC, NFKD, Lowercase, Replace, Prepend, Strip, Sequence");
    };
  }

  static ObjectNode write(Normalizer normalizer) {
    return switch (normalizer) {
      case Normalizer.Unicode(Normalizer.Form form) -> JsonElement.of(form.name());
      case Normalizer.Lowercase() -> JsonElement.of("Lowercase");
      case Normalizer.Replace(TextPattern pattern, String content) -> {
        ObjectNode node = JsonElement.of("Replace");
        node.set("pattern", JsonElement.write(pattern));
        yield node.put("content", content);
      }
      case Normalizer.Prepend(String prepend) -> JsonElement.of("Prepend").put("prepend", prepend);
      case Normalizer.Strip(boolean left, boolean right) ->
          JsonElement.of("Strip").put("strip_left", left).put("strip_right", right);
      case Normalizer.Sequence(List<Normalizer> parts) ->
          JsonElement.sequence("normalizers", parts, NormalizerJson::write);
    };
  }
}
