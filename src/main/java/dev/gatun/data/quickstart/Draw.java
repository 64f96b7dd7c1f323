package dev.gatun.data.quickstart;

import dev.gatun.core.Philox;
import java.util.List;

/** Random choices one after the other; the seed alone decides them. */
final class Draw {
  private final Philox random;
  private long drawn;

  Draw(Philox random) {
    this.random = random;
  }

  /** Uniform on from .. to, both included. */
  int between(int from, int to) {
    return from + random.below(to - from + 1, drawn++);
  }

  /** As {@link #between}, but not a number that was drawn before. */
  int otherBetween(int from, int to, int excluded) {
    int number = between(from, to);
    while (number == excluded) {
      number = between(from, to);
    }
    return number;
  }

  /** One of the choices. */
  <T> T from(List<T> choices) {
    return choices.get(between(0, choices.size() - 1));
  }

  /** One of the choices, but not one of those that were drawn before. */
  <T> T otherFrom(List<T> choices, List<T> excluded) {
    T choice = from(choices);
    while (excluded.contains(choice)) {
      choice = from(choices);
    }
    return choice;
  }
}
