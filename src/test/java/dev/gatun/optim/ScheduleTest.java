package dev.gatun.optim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.core.ConfigurationException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The factors that transformers 5.18 gives for 20 steps, 5 of them warm-up. */
final class ScheduleTest {
  private static final int[] STEPS = {0, 3, 5, 6, 11, 17, 20};

  @ParameterizedTest
  @CsvSource({
    "linear, 5, 0 .6 1 .9333333333333333 .6 .2 0",
    "cosine, 5, 0 .6 1 .9890738003669028 .6545084971874737 .09549150281252633 0",
    "cosine_with_min_lr, 5, 0 .6 1 .9901664203302125 .6890576474687263 .18594235253127372 .1",
    "cosine_with_restarts, 5, 0 .6 1 .9045084971874737 .9045084971874735 .6545084971874732 0",
    "inverse_sqrt, 5, 0 .6 1 .9128709291752769 .674199862463242 .5423261445466404 .5",
    "inverse_sqrt, 0, 1 .9998500337415648 .9997500937109545 .9997001349325354 .9994504533344625"
        + " .9991510822169677 .9990014975043671",
    "polynomial, 5, 0 .6 1 .884 .424 .136 .1",
    "constant_with_warmup, 5, 0 .6 1 1 1 1 1",
    "constant, 0, 1 1 1 1 1 1 1",
  })
  void theFactorsAreThoseOfTransformers(String name, int warmupSteps, String factors) {
    Schedule schedule = Schedule.of(name, warmupSteps, 20, 0.1, 2, 0.1, 3);
    double[] expected =
        Arrays.stream(factors.trim().split(" ", -1)).mapToDouble(Double::parseDouble).toArray();
    for (int i = 0; i < STEPS.length; i++) {
      assertEquals(expected[i], schedule.factor(STEPS[i]), 1e-12, name + " at step " + STEPS[i]);
    }
  }

  @Test
  void anotherNameIsRefused() {
    ConfigurationException failure =
        assertThrows(ConfigurationException.class, () -> Schedule.of("cosin", 0, 20, 0, 1, 0, 1));
    assertTrue(failure.toString().contains("cosine_with_restarts"), failure.toString());
  }
}
