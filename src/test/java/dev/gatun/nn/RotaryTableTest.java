package dev.gatun.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.gatun.core.ConfigurationException;
import org.junit.jupiter.api.Test;

final class RotaryTableTest {
  private static final RopeScaling DEFAULT = new RopeScaling.Default();

  @Test
  void frequenciesFallGeometrically() {
    assertArrayEquals(
        new float[] {1f, 0.1f, 0.01f, 0.001f}, RotaryTable.frequencies(8, 10_000, DEFAULT), 1e-8f);
  }

  @Test
  void linearScalingDividesAll() {
    float[] plain = RotaryTable.frequencies(8, 10_000, DEFAULT);
    float[] scaled = RotaryTable.frequencies(8, 10_000, new RopeScaling.Linear(4));
    for (int i = 0; i < plain.length; i++) {
      assertEquals(plain[i] / 4, scaled[i]);
    }
  }

  /**
   * With a context of 32, wavelengths under 8 are kept, those over 32 divided, and the one between,
   * 2π/0.31623 = 19.87, is interpolated: smooth = (32/19.87 - 1)/3.
   */
  @Test
  void llama3ScalingKeepsHighFrequenciesAndDividesLowOnes() {
    float[] plain = RotaryTable.frequencies(8, 100, DEFAULT);
    float[] scaled = RotaryTable.frequencies(8, 100, new RopeScaling.Llama3(8, 1, 4, 32));
    double smooth = (32 / (2 * Math.PI / plain[1]) - 1) / 3;
    assertEquals(plain[0], scaled[0]);
    assertEquals((1 - smooth) * plain[1] / 8 + smooth * plain[1], scaled[1], 1e-7);
    assertEquals(plain[2] / 8, scaled[2]);
    assertEquals(plain[3] / 8, scaled[3]);
  }

  @Test
  void scalingsThatShrinkAreRefused() {
    assertThrows(ConfigurationException.class, () -> new RopeScaling.Linear(0.5));
    assertThrows(ConfigurationException.class, () -> new RopeScaling.Linear(Double.NaN));
    assertThrows(ConfigurationException.class, () -> new RopeScaling.Llama3(8, 4, 4, 32));
    assertThrows(ConfigurationException.class, () -> new RopeScaling.Llama3(8, 1, 4, 0));
  }
}
