package dev.gatun.data.quickstart;

import dev.gatun.data.InstructionRow;
import java.util.List;
import java.util.stream.Stream;

/**
 * One piece of knowledge in all its wordings. An item is trained on or held out as a whole, so that
 * no wording of an unseen question can be met in training.
 *
 * @param texts sentences that state it
 * @param questions questions that it answers
 */
record Item(List<String> texts, List<InstructionRow> questions) {
  /** Its sentences and the questions about it: what no other item may share. */
  List<String> wordings() {
    return Stream.concat(texts.stream(), questions.stream().map(InstructionRow::instruction))
        .toList();
  }

  /** A Korean and an English statement, and a Korean and an English question. */
  static Item of(
      String korean,
      String english,
      String koreanQuestion,
      String koreanAnswer,
      String englishQuestion,
      String englishAnswer) {
    return new Item(
        List.of(korean, english),
        List.of(
            new InstructionRow(koreanQuestion, koreanAnswer),
            new InstructionRow(englishQuestion, englishAnswer)));
  }

  /** A story in two languages, with a question to each. */
  static Item ofStory(
      String korean,
      String koreanQuestion,
      String koreanAnswer,
      String english,
      String englishQuestion,
      String englishAnswer) {
    return of(
        korean + " " + koreanAnswer,
        english + " " + englishAnswer,
        korean + " " + koreanQuestion,
        koreanAnswer,
        english + " " + englishQuestion,
        englishAnswer);
  }

  /** Questions whose answers, being full sentences, are the statements as well. */
  static Item ofAnswers(
      String koreanQuestion, String koreanAnswer, String englishQuestion, String englishAnswer) {
    return of(
        koreanAnswer, englishAnswer, koreanQuestion, koreanAnswer, englishQuestion, englishAnswer);
  }
}
