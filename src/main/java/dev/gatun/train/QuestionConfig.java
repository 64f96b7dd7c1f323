package dev.gatun.train;

import dev.gatun.hub.JsonFields;
import java.nio.file.Path;

/**
 * The object {@code questions} of a run configuration: questions with one right answer, none of
 * them in the training text. The model is asked before and after training; an answer counts if it
 * is the right one to the letter.
 *
 * @param file JSONL with {@code instruction} and {@code output}; empty for those of a generated
 *     corpus
 * @param template the text of a question up to its answer, with {@code {instruction}} in it
 * @param limit ask at most this many
 */
public record QuestionConfig(Path file, String template, int limit) {
  static QuestionConfig read(JsonFields fields) {
    String template = fields.text("template");
    if (!template.contains("{instruction}")) {
      throw fields.error("template", "must contain {instruction}");
    }
    return new QuestionConfig(
        Path.of(fields.text("file", "")), template, fields.positive("limit", 200));
  }
}
