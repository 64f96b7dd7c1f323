package dev.gatun.data.quickstart;

import dev.gatun.core.Philox;
import dev.gatun.data.InstructionRow;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Generated data to train a small model on in minutes, and questions to see what it has learned.
 *
 * <p>Knowledge comes in families. Of every rule some items are held out; no wording of such an item
 * is in the corpus or in the training rows, so the share of unseen questions that a model answers
 * word for word is what it has understood. Facts are repeated in training and never held out.
 *
 * @param corpus lines of text to pre-train on
 * @param train questions and answers to fine-tune on
 * @param unseen questions about held-out items
 */
public record QuickstartData(List<String> corpus, List<InstructionRow> train, List<Unseen> unseen) {
  /** "quick": the stream that keeps this generator apart from other uses of the same seed. */
  private static final long STREAM = 0x717569636BL;

  private static final int ITEMS_PER_RULE = 180;
  private static final int UNSEEN_PER_RULE = 10;

  /** The items of a rule that are also fine-tuned on; the corpus has all. */
  private static final int TRAIN_PER_RULE = 90;

  private static final int FACT_REPETITIONS = 10;

  /**
   * A question that training never shows.
   *
   * @param family which kind of question it is
   */
  public record Unseen(String family, InstructionRow row) {}

  /** The same seed gives the same data, on every machine. */
  public static QuickstartData generate(long seed) {
    Philox random = new Philox(seed, STREAM);
    Collector collector = new Collector();
    List<Family> families = families();
    for (int i = 0; i < families.size(); i++) {
      switch (families.get(i)) {
        case Family.Rule rule -> collector.add(rule, new Draw(random.derive(i)));
        case Family.Facts facts -> collector.add(facts);
      }
    }
    return new QuickstartData(
        shuffled(collector.corpus, random.derive(-1)),
        shuffled(collector.train, random.derive(-2)),
        List.copyOf(collector.unseen));
  }

  static List<Family> families() {
    return Stream.of(NumberRules.ALL, LanguageRules.ALL, StoryRules.ALL, Facts.ALL)
        .flatMap(List::stream)
        .toList();
  }

  private static <T> List<T> shuffled(List<T> list, Philox random) {
    List<T> shuffled = new ArrayList<>(list.size());
    for (int index : random.permutation(list.size())) {
      shuffled.add(list.get(index));
    }
    return List.copyOf(shuffled);
  }

  private static final class Collector {
    private final List<String> corpus = new ArrayList<>();
    private final List<InstructionRow> train = new ArrayList<>();
    private final List<Unseen> unseen = new ArrayList<>();

    void add(Family.Rule rule, Draw draw) {
      List<Item> items = rule.draw(draw, ITEMS_PER_RULE);
      int heldOut = Math.min(UNSEEN_PER_RULE, items.size() / 8);
      for (Item item : items.subList(0, heldOut)) {
        item.questions().forEach(question -> unseen.add(new Unseen(rule.name(), question)));
      }
      List<Item> seen = items.subList(heldOut, items.size());
      seen.forEach(this::read);
      seen.stream().limit(TRAIN_PER_RULE).forEach(item -> train.addAll(item.questions()));
    }

    void add(Family.Facts facts) {
      for (int i = 0; i < FACT_REPETITIONS; i++) {
        facts.items().forEach(this::read);
        if (i % 3 == 0) {
          facts.items().forEach(item -> train.addAll(item.questions()));
        }
      }
    }

    private void read(Item item) {
      corpus.addAll(item.texts());
      for (InstructionRow question : item.questions()) {
        corpus.add(question.instruction() + " " + question.output());
      }
    }
  }
}
