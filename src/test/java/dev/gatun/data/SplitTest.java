package dev.gatun.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.gatun.core.ConfigurationException;
import dev.gatun.core.DataException;
import java.util.Arrays;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SplitTest {
  @Property(tries = 300)
  void disjointCompleteAndStable(
      @ForAll @IntRange(min = 2, max = 500) int n,
      @ForAll @DoubleRange(min = 0, max = 0.5) double fraction,
      @ForAll long seed) {
    Split split = Split.of(n, fraction, seed);
    int[] both =
        IntStream.concat(Arrays.stream(split.train()), Arrays.stream(split.test()))
            .sorted()
            .toArray();
    assertArrayEquals(IntStream.range(0, n).toArray(), both);
    assertArrayEquals(split.test(), Split.of(n, fraction, seed).test());
  }

  /** The last three as computed by scikit-learn's and Hugging Face's ceil(n * test_size). */
  @ParameterizedTest
  @CsvSource({"10,0,0", "10,3,3", "10,0.3,3", "10,0.31,4", "1000,0.001,1", "1001,0.001,2"})
  void sizesAsHuggingFace(int n, double testSize, int expected) {
    assertEquals(expected, Split.of(n, testSize, 42).test().length);
  }

  @Test
  void anotherSeedIsAnotherSplit() {
    assertFalse(Arrays.equals(Split.of(100, 0.2, 1).test(), Split.of(100, 0.2, 2).test()));
  }

  /** Written down, so that a change of the permutation cannot move held-out data into training. */
  @Test
  void neverChanges() {
    assertArrayEquals(new int[] {6, 9, 14, 17, 18}, Split.of(20, 0.25, 42).test());
  }

  @Test
  void nothingToSplit() {
    assertEquals(0, Split.of(0, 0.1, 42).train().length);
  }

  @ParameterizedTest
  @ValueSource(doubles = {-1, -0.1, 1.5, Double.NaN, Double.POSITIVE_INFINITY})
  void refusesSizesWithoutMeaning(double testSize) {
    assertThrows(ConfigurationException.class, () -> Split.of(10, testSize, 42));
  }

  @ParameterizedTest
  @CsvSource({"1,0.1", "10,10", "10,11", "10,0.95"})
  void refusesToLeaveNothingToTrainOn(int n, double testSize) {
    assertThrows(DataException.class, () -> Split.of(n, testSize, 42));
  }
}
