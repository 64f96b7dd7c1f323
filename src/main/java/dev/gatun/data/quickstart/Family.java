package dev.gatun.data.quickstart;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/** Items of one kind. */
sealed interface Family {
  /** For reports: which kinds of question a model has learned. */
  String name();

  /**
   * Knowledge that follows from a rule, so that some items can be held out: to answer them a model
   * must have learned the rule.
   *
   * @param item makes one item of random choices
   */
  record Rule(String name, Function<Draw, Item> item) implements Family {
    /**
     * Draws this many items, or nearly all there are, if they are fewer. No two of them share a
     * sentence or a question.
     */
    List<Item> draw(Draw draw, int count) {
      List<Item> items = new ArrayList<>();
      Set<String> wordings = new HashSet<>();
      for (int tries = 0; items.size() < count && tries < 10 * count; tries++) {
        Item drawn = item.apply(draw);
        List<String> drawnWordings = drawn.wordings();
        if (Collections.disjoint(wordings, drawnWordings)) {
          wordings.addAll(drawnWordings);
          items.add(drawn);
        }
      }
      return items;
    }
  }

  /** Knowledge that follows from nothing and must be met to be known: it is never held out. */
  record Facts(String name, List<Item> items) implements Family {}
}
