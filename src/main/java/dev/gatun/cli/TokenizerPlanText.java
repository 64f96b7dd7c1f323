package dev.gatun.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.hub.Json;
import dev.gatun.train.RunFit;
import dev.gatun.train.TokenizerPlan;
import java.io.PrintWriter;
import java.util.Locale;

/** What {@code plan} says of a configuration that only trains a tokenizer. */
final class TokenizerPlanText {
  private final PrintWriter out;
  private final long heap = Runtime.getRuntime().maxMemory();

  TokenizerPlanText(PrintWriter out) {
    this.out = out;
  }

  void print(String config, TokenizerPlan plan, boolean json) {
    if (json) {
      out.print(Json.format(toJson(plan)));
    } else {
      print(config, plan);
    }
    out.flush();
  }

  private void print(String config, TokenizerPlan plan) {
    out.printf(
        Locale.ROOT,
        "%s trains a tokenizer of at most %,d ids and no model: tokenizer train %s --output DIR%n",
        config,
        plan.vocabSize(),
        config);
    plan.missing().forEach(file -> out.println(file + " is not there yet"));
    out.println(
        "the text streams by, however long it is; memory holds its distinct words, at most about "
            + TokenizerPlan.BYTES_PER_WORD
            + " bytes for each");
    out.printf(
        Locale.ROOT,
        "Java's heap of %s is enough for %,d distinct words (java -Xmx... changes it)%n",
        RunFit.gigabytes(heap),
        TokenizerPlan.words(heap));
  }

  private ObjectNode toJson(TokenizerPlan plan) {
    ObjectNode object = Json.object();
    object.put("vocab_size", plan.vocabSize());
    object.put("bytes_per_distinct_word", TokenizerPlan.BYTES_PER_WORD);
    object.put("heap_bytes", heap);
    object.put("distinct_words", TokenizerPlan.words(heap));
    plan.missing().forEach(file -> object.withArray("missing").add(file.toString()));
    return object;
  }
}
