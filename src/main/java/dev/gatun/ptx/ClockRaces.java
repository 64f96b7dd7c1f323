package dev.gatun.ptx;

import java.util.Arrays;

/**
 * Races where some barriers are for a part of the block, such as {@code bar.sync 1, 64}: each warp
 * has a clock, which ticks when it comes to a barrier, and knows how far the others had come when
 * it last met them, or met somebody who knew. An access at time t of warp v comes before one of
 * warp w if w knows v's time t or a later one. Lamport, "Time, clocks, and the ordering of events
 * in a distributed system", 1978; with a clock for each other warp as in Flanagan, Freund,
 * "FastTrack: efficient and precise dynamic race detection", 2009.
 */
final class ClockRaces extends Races {
  private static final int BARRIERS = 16;

  private final int warps;

  /** The time of the second warp up to which the first knows what it did; of itself, its time. */
  private final int[][] known;

  /** What those knew who have come to a barrier. */
  private final int[][] carried;

  // Of each word: the last write, and the last read of each warp.
  private int[] writers = new int[0];
  private int[] writeTimes = new int[0];
  private int[] writeBytes = new int[0];
  private int[] writeSites = new int[0];
  private int[] readTimes = new int[0];
  private int[] readBytes = new int[0];
  private int[] readSites = new int[0];

  ClockRaces(int warps) {
    this.warps = warps;
    this.known = new int[warps][warps];
    this.carried = new int[BARRIERS][warps];
  }

  @Override
  void reset(int bytes) {
    int words = (bytes + 3) / 4;
    if (words > writers.length) {
      writers = new int[words];
      writeTimes = new int[words];
      writeBytes = new int[words];
      writeSites = new int[words];
      readTimes = new int[words * warps];
      readBytes = new int[words * warps];
      readSites = new int[words * warps];
    }
    Arrays.fill(writeTimes, 0);
    Arrays.fill(readTimes, 0);
    for (int[] barrier : carried) {
      Arrays.fill(barrier, 0);
    }
    for (int w = 0; w < warps; w++) {
      Arrays.fill(known[w], 0);
      known[w][w] = 1; // 0: never
    }
  }

  @Override
  void arrive(int barrier, int warp) {
    join(carried[barrier], known[warp]);
    known[warp][warp]++;
  }

  @Override
  void open(int barrier, int waiting) {
    for (int rest = waiting; rest != 0; rest &= rest - 1) {
      join(known[Integer.numberOfTrailingZeros(rest)], carried[barrier]);
    }
    Arrays.fill(carried[barrier], 0);
  }

  private static void join(int[] times, int[] others) {
    for (int v = 0; v < times.length; v++) {
      times[v] = Math.max(times[v], others[v]);
    }
  }

  @Override
  int read(int warp, int site, int word, int mask) {
    int race = writeConflicts(warp, word, mask) ? writeSites[word] : -1;
    int at = word * warps + warp;
    int time = known[warp][warp];
    readBytes[at] = readTimes[at] == time ? readBytes[at] | mask : mask;
    readTimes[at] = time;
    readSites[at] = site;
    return race;
  }

  @Override
  int write(int warp, int site, int word, int mask, boolean changes) {
    int race = -1;
    if (changes) {
      race = writeConflicts(warp, word, mask) ? writeSites[word] : readConflict(warp, word, mask);
    }
    int time = known[warp][warp];
    boolean again = writers[word] == warp && writeTimes[word] == time;
    writeBytes[word] = again ? writeBytes[word] | mask : mask;
    writers[word] = warp;
    writeTimes[word] = time;
    writeSites[word] = site;
    return race;
  }

  private boolean writeConflicts(int warp, int word, int mask) {
    int writer = writers[word];
    return writer != warp
        && writeTimes[word] > known[warp][writer]
        && (writeBytes[word] & mask) != 0;
  }

  private int readConflict(int warp, int word, int mask) {
    for (int v = 0; v < warps; v++) {
      int at = word * warps + v;
      if (v != warp && readTimes[at] > known[warp][v] && (readBytes[at] & mask) != 0) {
        return readSites[at];
      }
    }
    return -1;
  }
}
