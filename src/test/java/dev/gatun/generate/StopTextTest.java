package dev.gatun.generate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

final class StopTextTest {
  @Test
  void whatCouldBeginAStopStringIsHeldBack() {
    StopText text = new StopText(List.of("<end>"));
    assertEquals("a", text.add("a<e"));
    assertEquals("<ex", text.add("x"));
    assertFalse(text.stopped());
    assertEquals("b", text.add("b<en"));
    assertEquals("", text.add("d> never shown"));
    assertTrue(text.stopped());
    assertEquals("a<exb", text.text());
  }

  @Test
  void theEndReleasesWhatWasHeldBack() {
    StopText text = new StopText(List.of("STOP"));
    assertEquals("x", text.add("xSTO"));
    assertEquals("STO", text.finish());
    assertEquals("xSTO", text.text());
  }
}
