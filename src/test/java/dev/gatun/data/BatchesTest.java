package dev.gatun.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.core.ConfigurationException;
import dev.gatun.core.DataException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BatchesTest {
  private static final int PAD = 99;

  @Test
  void shiftsLabelsAndPads() {
    TokenRows rows =
        new TokenRows.Builder()
            .add(new int[] {1, 2, 3})
            .add(new int[] {4})
            .add(new int[] {5, 6})
            .build();
    Batches batches = new Batches(rows, new CausalCollator(), Batches.Options.inOrder(2, PAD));
    Iterator<Batch> epoch = batches.epoch(0).iterator();
    Batch first = epoch.next();
    assertArrayEquals(new int[] {1, 2, 3, 4, PAD, PAD}, first.inputIds());
    assertArrayEquals(new int[] {2, 3, -100, -100, -100, -100}, first.labels());
    assertArrayEquals(new int[] {3, 1}, first.lengths());
    assertEquals(List.of(2, 3, 2), List.of(first.B(), first.T(), first.targetTokens()));
    Batch last = epoch.next();
    assertArrayEquals(new int[] {5, 6}, last.inputIds());
    assertArrayEquals(new int[] {6, -100}, last.labels());
    assertEquals(List.of(1, 2, 1), List.of(last.B(), last.T(), last.targetTokens()));
    assertFalse(epoch.hasNext());
    assertThrows(NoSuchElementException.class, epoch::next);
  }

  @Test
  void aRealTokenThatEqualsThePadIsATargetUnlessMasked() {
    TokenRows rows = new TokenRows.Builder().add(new int[] {1, PAD, 2}).build();
    Batches.Options options = Batches.Options.inOrder(1, PAD);
    Batch learned = new Batches(rows, new CausalCollator(), options).epoch(0).iterator().next();
    Batch masked = new Batches(rows, new CausalCollator(PAD), options).epoch(0).iterator().next();
    assertArrayEquals(new int[] {PAD, 2, -100}, learned.labels());
    assertArrayEquals(new int[] {-100, 2, -100}, masked.labels());
    assertEquals(1, masked.targetTokens());
  }

  /** Every row once per epoch, every batch full but the last, every target counted. */
  @Property(tries = 200)
  void anEpochIsEveryRowOnce(
      @ForAll @Size(min = 1, max = 40) List<@IntRange(min = 1, max = 9) Integer> lengths,
      @ForAll @IntRange(min = 1, max = 8) int batchSize,
      @ForAll @IntRange(min = 1, max = 5) int multiple,
      @ForAll Batches.Order order,
      @ForAll long seed) {
    TokenRows rows = rows(lengths);
    Batches batches =
        new Batches(
            rows, new CausalCollator(), new Batches.Options(batchSize, PAD, multiple, order, seed));
    List<Integer> firstIds = new ArrayList<>();
    long tokens = 0;
    int count = 0;
    for (Batch batch : batches.epoch(3)) {
      boolean last = ++count == batches.perEpoch();
      assertTrue(batch.B() == batchSize || (last && batch.B() < batchSize));
      assertTrue(batch.T() % multiple == 0 && batch.T() <= batches.longest());
      int targets = 0;
      for (int b = 0; b < batch.B(); b++) {
        int length = batch.lengths()[b];
        tokens += length;
        firstIds.add(batch.inputIds()[b * batch.T()]);
        for (int t = 0; t < batch.T(); t++) {
          int at = b * batch.T() + t;
          boolean target = t + 1 < length;
          assertEquals(target ? batch.inputIds()[at + 1] : Collator.IGNORED, batch.labels()[at]);
          assertTrue(t < length || batch.inputIds()[at] == PAD);
          targets += target ? 1 : 0;
        }
      }
      assertEquals(targets, batch.targetTokens());
    }
    assertEquals(batches.perEpoch(), count);
    assertEquals(rows.tokens(), tokens);
    assertEquals(rows.size(), firstIds.stream().distinct().count());
    assertEquals(rows.size(), firstIds.size());
  }

  @Property(tries = 100)
  void resumesAnywhere(
      @ForAll @IntRange(min = 1, max = 30) int rowCount,
      @ForAll @IntRange(min = 1, max = 7) int batchSize,
      @ForAll @IntRange(min = 0, max = 40) int read,
      @ForAll Batches.Order order,
      @ForAll long seed) {
    TokenRows rows = rows(Collections.nCopies(rowCount, 2));
    Batches.Options options = new Batches.Options(batchSize, PAD, 1, order, seed);
    Batches.Cursor cursor =
        new Batches(rows, new CausalCollator(), options).from(Batches.Position.START);
    for (int i = 0; i < read; i++) {
      cursor.next();
    }
    Batches.Cursor resumed =
        new Batches(rows, new CausalCollator(), options).from(cursor.position());
    for (int i = 0; i < 12; i++) {
      assertEquals(cursor.position(), resumed.position());
      assertArrayEquals(cursor.next().inputIds(), resumed.next().inputIds());
    }
  }

  @Test
  void ordersDifferByEpochAndSeedOnly() {
    TokenRows rows = rows(Collections.nCopies(50, 2));
    Batches one = shuffled(rows, 1);
    assertArrayEquals(one.order(4), shuffled(rows, 1).order(4));
    assertFalse(Arrays.equals(one.order(4), one.order(5)));
    assertFalse(Arrays.equals(one.order(4), shuffled(rows, 2).order(4)));
  }

  /** Lengths 1 .. 16 evenly: a random batch is half padding, a grouped one a twentieth. */
  @Test
  void groupingLeavesLittlePadding() {
    List<Integer> lengths = new ArrayList<>();
    for (int i = 0; i < 4_000; i++) {
      lengths.add(1 + i % 16);
    }
    TokenRows rows = rows(lengths);
    double shuffled = paddedShare(rows, Batches.Order.SHUFFLED);
    double grouped = paddedShare(rows, Batches.Order.GROUPED_BY_LENGTH);
    assertTrue(shuffled > 0.4 && grouped < 0.05, shuffled + " and " + grouped);
    Batches batches = grouped(rows, 1);
    assertFalse(Arrays.equals(batches.order(0), batches.order(1)));
    assertFalse(Arrays.equals(batches.order(0), grouped(rows, 2).order(0)));
    List<Integer> widths = new ArrayList<>();
    batches.epoch(0).forEach(batch -> widths.add(batch.T()));
    assertTrue(widths.subList(0, 10).stream().distinct().count() > 3, "batches are shuffled");
  }

  private static double paddedShare(TokenRows rows, Batches.Order order) {
    long positions = 0;
    Batches.Options options = new Batches.Options(32, PAD, 1, order, 1);
    for (Batch batch : new Batches(rows, new CausalCollator(), options).epoch(0)) {
      positions += (long) batch.B() * batch.T();
    }
    return 1 - (double) rows.tokens() / positions;
  }

  private static Batches grouped(TokenRows rows, long seed) {
    return new Batches(
        rows,
        new CausalCollator(),
        new Batches.Options(32, PAD, 1, Batches.Order.GROUPED_BY_LENGTH, seed));
  }

  @Test
  void theCursorCrossesEpochs() {
    TokenRows rows = rows(List.of(2, 2, 2));
    Batches.Cursor cursor =
        new Batches(rows, new CausalCollator(), Batches.Options.inOrder(2, PAD))
            .from(new Batches.Position(7, 1));
    assertEquals(1, cursor.next().B());
    assertEquals(new Batches.Position(8, 0), cursor.position());
    assertEquals(2, cursor.next().B());
    assertEquals(new Batches.Position(8, 1), cursor.position());
  }

  @ParameterizedTest
  @CsvSource({"-1,0", "0,-1", "0,2", "3,2"})
  void refusesAPositionOfOtherData(int epoch, int batch) {
    Batches batches =
        new Batches(rows(List.of(1, 1, 1)), new CausalCollator(), Batches.Options.inOrder(2, PAD));
    assertThrows(DataException.class, () -> batches.from(new Batches.Position(epoch, batch)));
  }

  @Test
  void aShortLastBatchMayBeLeftOut() {
    Batches.Options options = Batches.Options.inOrder(2, PAD).droppingLast(true);
    Batches batches = new Batches(rows(List.of(2, 2, 2)), new CausalCollator(), options);
    assertEquals(1, batches.perEpoch());
    Batches.Cursor cursor = batches.from(Batches.Position.START);
    assertEquals(2, cursor.next().B());
    assertEquals(new Batches.Position(1, 0), cursor.position());
    TokenRows one = rows(List.of(2));
    assertThrows(DataException.class, () -> new Batches(one, new CausalCollator(), options));
  }

  @Test
  void refusesNoRowsAndNoSize() {
    TokenRows none = new TokenRows.Builder().build();
    Batches.Options options = Batches.Options.inOrder(2, PAD);
    assertThrows(DataException.class, () -> new Batches(none, new CausalCollator(), options));
    assertThrows(ConfigurationException.class, () -> Batches.Options.inOrder(0, PAD));
    assertThrows(
        ConfigurationException.class,
        () -> new Batches.Options(1, PAD, 0, Batches.Order.STORED, 0));
  }

  private static Batches shuffled(TokenRows rows, long seed) {
    return new Batches(rows, new CausalCollator(), Batches.Options.shuffled(4, PAD, seed));
  }

  /** Rows whose first id names them. */
  private static TokenRows rows(List<Integer> lengths) {
    TokenRows.Builder rows = new TokenRows.Builder();
    for (int i = 0; i < lengths.size(); i++) {
      int[] row = new int[lengths.get(i)];
      Arrays.setAll(row, t -> t);
      row[0] = 1000 + i;
      rows.add(row);
    }
    return rows.build();
  }
}
