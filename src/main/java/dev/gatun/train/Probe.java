package dev.gatun.train;

import dev.gatun.core.ConfigurationException;
import dev.gatun.data.InstructionRow;
import dev.gatun.generate.GenerationConfig;
import dev.gatun.generate.TextGenerator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Lets the model speak: samples for the reader, and the score on questions with one right answer.
 */
final class Probe {
  private final RunConfig config;
  private final TextGenerator generator;
  private final GenerationConfig generation;
  private final RunListener listener;
  private final Optional<ExactMatch> questions;

  Probe(
      RunConfig config,
      Texts texts,
      TextGenerator generator,
      GenerationConfig generation,
      RunListener listener) {
    this.config = config;
    this.generator = generator;
    this.generation = generation;
    this.listener = listener;
    this.questions = config.questions().map(asked -> questions(asked, texts));
  }

  /** Samples and score at one end of the run. */
  void run(String when, Metrics metrics, TrainerState state) {
    samples();
    if (questions.isPresent()) {
      boolean own = config.questions().flatMap(QuestionConfig::file).isPresent();
      double score = questions.get().score(generator, generation);
      metrics.append(state.log(Map.of("eval_exact_match", score)));
      listener.message(
          String.format(
              Locale.ROOT,
              "exact match %s: %.1f %% of %d questions%s",
              when,
              100 * score,
              questions.get().size(),
              own ? "" : " that are not in the training text"));
    }
  }

  /** Continues each prompt of the configuration. */
  void samples() {
    for (String prompt : config.samples().prompts()) {
      listener.sample(prompt, generator.generate(prompt, generation, _ -> {}).newText());
    }
  }

  private static ExactMatch questions(QuestionConfig asked, Texts texts) {
    List<InstructionRow> all = asked.file().isPresent() ? asked.rows() : texts.questions();
    if (all.isEmpty()) {
      throw new ConfigurationException(
          "questions.file: is to name a file of questions; only generated data brings its own");
    }
    return new ExactMatch(all.subList(0, Math.min(asked.limit(), all.size())), asked.template());
  }
}
