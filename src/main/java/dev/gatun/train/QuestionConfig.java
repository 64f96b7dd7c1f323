package dev.gatun.train;

import dev.gatun.core.DataException;
import dev.gatun.data.InstructionRow;
import dev.gatun.data.RowFiles;
import dev.gatun.hub.JsonFields;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The object {@code questions} of a run configuration: questions with one right answer, none of
 * them in the training text. The model is asked before and after training; an answer counts if it
 * is the right one to the letter.
 *
 * @param file {@code .jsonl}, {@code .json} or {@code .parquet} with columns {@code instruction}
 *     and {@code output}, or {@code question} and {@code answer}; absent for those of a generated
 *     corpus
 * @param template the text of a question up to its answer, with {@code {instruction}} in it
 * @param limit ask at most this many
 */
public record QuestionConfig(Optional<Path> file, String template, int limit) {
  static QuestionConfig read(JsonFields fields) {
    String template = fields.text("template");
    if (!template.contains("{instruction}")) {
      throw fields.error("template", "must contain {instruction}");
    }
    return new QuestionConfig(
        fields.optionalText("file").map(Path::of), template, fields.positive("limit", 200));
  }

  /** The questions of the file. */
  List<InstructionRow> rows() {
    List<InstructionRow> rows = new ArrayList<>();
    new RowFiles(file.map(List::of).orElse(List.of()), "")
        .forEach(
            row -> {
              boolean named = row.columns().containsKey("question");
              rows.add(
                  new InstructionRow(
                      row.text(named ? "question" : "instruction"),
                      row.text(named ? "answer" : "output")));
            });
    if (rows.isEmpty()) {
      throw new DataException("questions.file: " + file.orElseThrow() + " holds no question");
    }
    return rows;
  }
}
