package dev.gatun.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class PackingTest {
  private static final int PAD = 99;

  @Test
  void theFullestRowThatHasRoomIsFilled() {
    Packing packing = Packing.bestFitDecreasing(texts(List.of(3, 7, 2, 6, 4, 1)), 10);
    // 7 opens a row, 6 another; 4 fits beside 6 alone, 3 beside 7; 2 opens a third, 1 joins it.
    assertEquals(3, packing.size());
    assertArrayEquals(new int[] {1, 0}, packing.row(0));
    assertArrayEquals(new int[] {3, 4}, packing.row(1));
    assertArrayEquals(new int[] {2, 5}, packing.row(2));
    assertEquals(
        List.of(10, 10, 3), List.of(packing.length(0), packing.length(1), packing.length(2)));
    assertEquals(10, packing.longest());
  }

  @Test
  void textsOfARowBeginAgainAndPaddingIsATextOfItsOwn() {
    Packing packing = Packing.bestFitDecreasing(texts(List.of(3, 2, 4)), 5);
    Batch batch =
        new Batches(packing, new CausalCollator(), Batches.Options.inOrder(2, PAD))
            .epoch(0)
            .iterator()
            .next();
    assertArrayEquals(new int[] {1002, 1, 2, 3, PAD, 1000, 1, 2, 1001, 1}, batch.inputIds());
    assertArrayEquals(new int[] {1, 2, 3, -100, -100, 1, 2, -100, 1, -100}, batch.labels());
    assertArrayEquals(new int[] {0, 0, 0, 0, 4, 0, 0, 0, 3, 3}, batch.starts());
    assertArrayEquals(new int[] {4, 5}, batch.lengths());
    assertEquals(6, batch.targetTokens());
  }

  @Test
  void rowsOfOneTextNeedNoStarts() {
    Packing packing = Packing.bestFitDecreasing(texts(List.of(5, 4)), 5);
    Batches batches = new Batches(packing, new CausalCollator(), Batches.Options.inOrder(2, PAD));
    assertNull(batches.epoch(0).iterator().next().starts());
  }

  /** Every text is in one row, no row is too long, and two rows never fit into one. */
  @Property(tries = 300)
  void everyTextIsInOneRow(
      @ForAll @Size(min = 1, max = 60) List<@IntRange(min = 1, max = 20) Integer> lengths,
      @ForAll @IntRange(min = 1, max = 40) int capacity) {
    Packing packing = Packing.bestFitDecreasing(texts(lengths), capacity);
    int[] seen = new int[lengths.size()];
    int[] fill = new int[packing.size()];
    for (int row = 0; row < packing.size(); row++) {
      int length = 0;
      for (int text : packing.row(row)) {
        seen[text]++;
        length += lengths.get(text);
      }
      assertEquals(length, packing.length(row));
      assertTrue(length <= capacity || packing.row(row).length == 1);
      fill[row] = length;
    }
    assertTrue(Arrays.stream(seen).allMatch(count -> count == 1));
    Arrays.sort(fill);
    assertTrue(fill.length < 2 || fill[0] + fill[1] > capacity, "two rows fit into one");
  }

  /** Whatever the order, each text of an epoch is trained as it would be by itself. */
  @Property(tries = 200)
  void anEpochHasTheTargetsOfTheTexts(
      @ForAll @Size(min = 1, max = 30) List<@IntRange(min = 1, max = 9) Integer> lengths,
      @ForAll @IntRange(min = 1, max = 4) int batchSize,
      @ForAll @IntRange(min = 1, max = 3) int multiple,
      @ForAll Batches.Order order,
      @ForAll long seed) {
    TokenRows texts = texts(lengths);
    Batches.Options options = new Batches.Options(batchSize, PAD, multiple, order, seed);
    Batches batches =
        new Batches(Packing.bestFitDecreasing(texts, 12), new CausalCollator(), options);
    boolean[] seen = new boolean[lengths.size()];
    for (Batch batch : batches.epoch(2)) {
      int[] starts = batch.starts() == null ? new int[batch.B() * batch.T()] : batch.starts();
      for (int b = 0; b < batch.B(); b++) {
        for (int t = 0; t < batch.lengths()[b]; t++) {
          int at = b * batch.T() + t;
          int position = t - starts[at];
          int text = batch.inputIds()[at - position] - 1000;
          seen[text] = true;
          assertEquals(texts.id(text, position), batch.inputIds()[at]);
          int label =
              position + 1 < lengths.get(text) ? texts.id(text, position + 1) : Collator.IGNORED;
          assertEquals(label, batch.labels()[at]);
        }
      }
    }
    for (boolean each : seen) {
      assertTrue(each);
    }
  }

  /** Texts whose first id names them. */
  private static TokenRows texts(List<Integer> lengths) {
    TokenRows.Builder texts = new TokenRows.Builder();
    for (int i = 0; i < lengths.size(); i++) {
      int[] text = new int[lengths.get(i)];
      Arrays.setAll(text, t -> t);
      text[0] = 1000 + i;
      texts.add(text);
    }
    return texts.build();
  }
}
