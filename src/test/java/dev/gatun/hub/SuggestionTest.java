package dev.gatun.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SuggestionTest {
  private static final List<String> KEYS =
      List.of("learning_rate", "lr_scheduler_type", "num_train_epochs", "seed", "bf16", "fp16");

  @ParameterizedTest
  @CsvSource({
    "learning_rates, learning_rate",
    "learningrate, learning_rate",
    "LEARNING_RATE, learning_rate",
    "num_epochs_train, ''",
    "sed, seed",
    "ssed, seed",
    "bf_16, bf16",
    "x, ''",
    "'', ''"
  })
  void suggestsTheClosest(String word, String expected) {
    assertEquals(expected, Suggestion.closest(KEYS, word).orElse(""));
  }

  @ParameterizedTest
  @CsvSource({"'', '', 0", "'', abc, 3", "kitten, sitting, 3", "abc, ABC, 0", "flaw, lawn, 2"})
  void distanceIsLevenshtein(String a, String b, int expected) {
    assertEquals(expected, Suggestion.distance(a, b));
    assertEquals(expected, Suggestion.distance(b, a));
  }

  @Test
  void aHugeWordHasNoNeighbour() {
    assertEquals("", Suggestion.among(KEYS, "x".repeat(1_000_000)));
  }
}
