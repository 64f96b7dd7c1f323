package dev.gatun.ptx;

import java.util.Arrays;

/**
 * Races where all threads come to each barrier: two warps touch a byte between the same two. For
 * each word of 4 bytes it keeps the last writer and the last reader as
 *
 * <pre>
 *   epoch (21 bits) | warp (6 bits; 63: several) | bytes (4 bits)
 * </pre>
 *
 * <p>Between most barriers there are reads alone, which race with nothing. They are only written
 * down, and looked at when the first write comes before the next barrier.
 */
final class EpochRaces extends Races {
  private static final int SEVERAL = 63;
  private static final int LAST_EPOCH = (1 << 21) - 1;
  private static final int ALL_BYTES = 15;
  private static final int MOST_NOTED = 1024;

  private int[] writers = new int[0];
  private int[] readers = new int[0];
  private int[] writerSites = new int[0];
  private int[] readerSites = new int[0];
  private int epoch = 1;

  /** Whether something has been written in this epoch. */
  private boolean written;

  // Reads of whole warps in this epoch that are not among the readers yet: the first word of each
  // lane, and warp, site and number of words.
  private final int[] noted = new int[MOST_NOTED * Warp.LANES];
  private final int[] notedWarps = new int[MOST_NOTED];
  private final int[] notedSites = new int[MOST_NOTED];
  private final int[] notedCounts = new int[MOST_NOTED];
  private int notes;

  @Override
  void reset(int bytes) {
    int words = (bytes + 3) / 4;
    if (words > writers.length) {
      writers = new int[words];
      readers = new int[words];
      writerSites = new int[words];
      readerSites = new int[words];
    }
    nextEpoch();
  }

  @Override
  void arrive(int barrier, int warp) {}

  @Override
  void open(int barrier, int waiting) {
    nextEpoch();
  }

  private void nextEpoch() {
    notes = 0;
    written = false;
    if (++epoch > LAST_EPOCH) {
      Arrays.fill(writers, 0);
      Arrays.fill(readers, 0);
      epoch = 1;
    }
  }

  @Override
  int read(int warp, int site, int word, int mask) {
    int writer = writers[word];
    int race = conflicts(writer, warp, mask) ? writerSites[word] : -1;
    int reader = readers[word];
    int who = warp;
    int bytes = mask;
    if (reader >>> 10 == epoch) {
      who = (reader >>> 4 & 63) == warp ? warp : SEVERAL;
      bytes |= reader & ALL_BYTES;
    }
    readers[word] = epoch << 10 | who << 4 | bytes;
    readerSites[word] = site;
    return race;
  }

  @Override
  int write(int warp, int site, int word, int mask, boolean changes) {
    beginWrite();
    int race = -1;
    int writer = writers[word];
    if (changes && conflicts(writer, warp, mask)) {
      race = writerSites[word];
    } else if (changes && conflicts(readers[word], warp, mask)) {
      race = readerSites[word];
    }
    int bytes = writer >>> 4 == (epoch << 6 | warp) ? mask | (writer & ALL_BYTES) : mask;
    writers[word] = epoch << 10 | warp << 4 | bytes;
    writerSites[word] = site;
    return race;
  }

  private boolean conflicts(int entry, int warp, int mask) {
    return entry >>> 10 == epoch && (entry >>> 4 & 63) != warp && (entry & mask) != 0;
  }

  /** Where there is a race the reads stay noted: to note them again changes nothing. */
  @Override
  boolean readAll(int warp, int site, long[] addresses, int count) {
    if (notes == MOST_NOTED) {
      enterNotes();
    }
    words(addresses, noted, notes * Warp.LANES);
    if (written) {
      return enter(notes, warp, site, count);
    }
    notedWarps[notes] = warp;
    notedSites[notes] = site;
    notedCounts[notes] = count;
    notes++;
    return true;
  }

  private static void words(long[] addresses, int[] words, int at) {
    for (int l = 0; l < Warp.LANES; l++) {
      words[at + l] = (int) ((addresses[l] & Block.WINDOW - 1) >>> 2);
    }
  }

  private void beginWrite() {
    if (!written) {
      enterNotes();
      written = true;
    }
  }

  private void enterNotes() {
    for (int i = 0; i < notes; i++) {
      enter(i, notedWarps[i], notedSites[i], notedCounts[i]);
    }
    notes = 0;
  }

  /** Enters a warp among the readers; false if something has been written meanwhile. */
  private boolean enter(int note, int warp, int site, int count) {
    int alone = epoch << 10 | warp << 4 | ALL_BYTES;
    int several = epoch << 10 | SEVERAL << 4 | ALL_BYTES;
    boolean races = false;
    int before = -1;
    for (int i = note * Warp.LANES; i < (note + 1) * Warp.LANES; i++) {
      int first = noted[i];
      if (first == before) {
        continue;
      }
      before = first;
      for (int word = first; word < first + count; word++) {
        races |= conflicts(writers[word], warp, ALL_BYTES);
        int reader = readers[word];
        if (reader != alone && reader != several) {
          boolean other = reader >>> 10 == epoch && (reader >>> 4 & 63) != warp;
          readers[word] = other ? several : alone;
          readerSites[word] = site;
        }
      }
    }
    return !races;
  }

  @Override
  boolean writeAll(int warp, int site, long[] addresses, int count) {
    beginWrite();
    boolean races = false;
    for (int l = 0; l < Warp.LANES; l++) {
      int first = (int) ((addresses[l] & Block.WINDOW - 1) >>> 2);
      for (int word = first; word < first + count; word++) {
        races |= conflicts(writers[word], warp, ALL_BYTES);
        races |= conflicts(readers[word], warp, ALL_BYTES);
      }
    }
    for (int l = 0; l < Warp.LANES && !races; l++) {
      int first = (int) ((addresses[l] & Block.WINDOW - 1) >>> 2);
      for (int word = first; word < first + count; word++) {
        writers[word] = epoch << 10 | warp << 4 | ALL_BYTES;
        writerSites[word] = site;
      }
    }
    return !races;
  }
}
