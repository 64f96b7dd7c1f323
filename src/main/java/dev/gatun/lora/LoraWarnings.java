package dev.gatun.lora;

import dev.gatun.model.CausalLm;
import dev.gatun.nn.AdaptableLayer;
import java.util.ArrayList;
import java.util.List;

/** What a user should know about an adapter that is nevertheless as asked for. */
final class LoraWarnings {
  private LoraWarnings() {}

  static List<String> of(CausalLm model, List<AdaptableLayer> adapted, List<String> unusedNames) {
    List<String> warnings = new ArrayList<>();
    boolean tiedLayer =
        adapted.contains(model.inputEmbeddings()) || adapted.contains(model.outputEmbeddings());
    if (model.config().tieWordEmbeddings() && tiedLayer) {
      warnings.add(
          "the model ties %s to %s and the adapter changes one of them or each in its own way;"
                  .formatted(model.outputEmbeddings().path(), model.inputEmbeddings().path())
              + " a merged model will have two separate weights");
    }
    if (!unusedNames.isEmpty()) {
      warnings.add("target_modules names what the model does not have: " + unusedNames);
    }
    return warnings;
  }
}
