package dev.gatun.train;

import dev.gatun.data.InstructionRow;
import dev.gatun.generate.GenerationConfig;
import dev.gatun.generate.TextGenerator;
import java.util.ArrayList;
import java.util.List;

/**
 * Questions with one right answer, asked in batches; an answer counts if it is right to the letter.
 */
final class ExactMatch {
  private static final int BATCH = 32;

  private final List<InstructionRow> questions;
  private final String template;

  ExactMatch(List<InstructionRow> questions, String template) {
    this.questions = questions;
    this.template = template;
  }

  /** The share of right answers. */
  double score(TextGenerator generator, GenerationConfig config) {
    int right = 0;
    for (int from = 0; from < questions.size(); from += BATCH) {
      List<InstructionRow> batch =
          questions.subList(from, Math.min(questions.size(), from + BATCH));
      List<String> prompts = new ArrayList<>();
      for (InstructionRow question : batch) {
        prompts.add(template.replace("{instruction}", question.instruction()));
      }
      List<TextGenerator.Continuation> answers = generator.generate(prompts, config);
      for (int i = 0; i < batch.size(); i++) {
        if (answers.get(i).newText().strip().equals(batch.get(i).output().strip())) {
          right++;
        }
      }
    }
    return questions.isEmpty() ? 0 : (double) right / questions.size();
  }

  int size() {
    return questions.size();
  }
}
