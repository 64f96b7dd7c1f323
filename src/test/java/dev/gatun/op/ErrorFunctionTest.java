package dev.gatun.op;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ErrorFunctionTest {
  /** Abramowitz, Stegun, table 7.1, and the values beyond it from its expansion 7.1.14. */
  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "0.1, 0.1124629160182849",
    "0.5, 0.5204998778130465",
    "1, 0.8427007929497149",
    "2, 0.9953222650189527",
    "3, 0.9999779095030014",
    "4, 0.9999999845827421",
    "40, 1"
  })
  void isThatOfTheTables(double x, double expected) {
    assertEquals(expected, ErrorFunction.erf(x), 1e-15);
    assertEquals(-expected, ErrorFunction.erf(-x), 1e-15);
  }

  @Test
  void seriesAndFractionMeet() {
    double step = 1e-9;
    double slope = 2 / Math.sqrt(Math.PI) * Math.exp(-9);
    double difference = ErrorFunction.erf(3) - ErrorFunction.erf(3 - step);
    assertEquals(slope * step, difference, 2e-15);
  }

  @Test
  void hasItsLimits() {
    assertEquals(1, ErrorFunction.erf(Double.POSITIVE_INFINITY));
    assertEquals(-1, ErrorFunction.erf(Double.NEGATIVE_INFINITY));
    assertEquals(Double.NaN, ErrorFunction.erf(Double.NaN));
  }
}
