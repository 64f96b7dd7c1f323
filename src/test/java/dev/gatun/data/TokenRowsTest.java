package dev.gatun.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.gatun.core.ConfigurationException;
import java.util.List;
import org.junit.jupiter.api.Test;

class TokenRowsTest {
  private static final TokenRows ROWS =
      TokenRows.encode(List.of("abcde", "", "fg", "hijk"), text -> text.chars().toArray());

  @Test
  void keepsRowsOfUnequalLength() {
    assertEquals(3, ROWS.size());
    assertEquals(11, ROWS.tokens());
    assertEquals(5, ROWS.longest());
    assertEquals('g', ROWS.id(1, 1));
    assertThrows(IndexOutOfBoundsException.class, () -> ROWS.id(1, 2));
  }

  @Test
  void selectsInTheGivenOrder() {
    TokenRows selected = ROWS.select(new int[] {2, 0, 2});
    assertArrayEquals("hijk".chars().toArray(), selected.row(0));
    assertArrayEquals("abcde".chars().toArray(), selected.row(1));
    assertEquals(13, selected.tokens());
  }

  @Test
  void cutsWithoutLossAndTruncatesWithLoss() {
    TokenRows cut = ROWS.cut(2);
    assertEquals(6, cut.size());
    assertArrayEquals(new int[] {'e'}, cut.row(2));
    assertEquals(ROWS.tokens(), cut.tokens());
    TokenRows truncated = ROWS.truncate(2);
    assertEquals(3, truncated.size());
    assertArrayEquals(new int[] {'h', 'i'}, truncated.row(2));
    assertEquals(5, ROWS.length(0), "the original is unchanged");
    assertThrows(ConfigurationException.class, () -> ROWS.cut(0));
    assertThrows(ConfigurationException.class, () -> ROWS.truncate(-1));
  }

  @Test
  void noRows() {
    TokenRows none = new TokenRows.Builder().build();
    assertEquals(0, none.size());
    assertEquals(0, none.longest());
    assertEquals(0, none.cut(4).size());
  }
}
