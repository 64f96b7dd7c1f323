package dev.gatun.ptx;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** What a launch did, line by line of the PTX file. */
public final class Profile implements Observer {
  private static final int SECTOR = 32;
  private static final int BANKS = 32;

  /** The counts of a line. */
  public static final class Row {
    private final Source source;
    private long executed;
    private long lanes;
    private long bytes;
    private long sectors;
    private long idealSectors;
    private long bankConflicts;
    private long splits;

    Row(Source source) {
      this.source = source;
    }

    /** The line, from 1. */
    public int line() {
      return source.line();
    }

    /** The instruction. */
    public String text() {
      return source.text();
    }

    /** The place in the CUDA source, or an empty string. */
    public String origin() {
      return source.origin();
    }

    /** How many warps executed it. */
    public long executed() {
      return executed;
    }

    /** For how many lanes. */
    public long lanes() {
      return lanes;
    }

    /** Bytes of memory that lanes asked for. */
    public long bytes() {
      return bytes;
    }

    /** Sectors of 32 bytes of global memory that were touched. */
    public long sectors() {
      return sectors;
    }

    /** How many sectors the same bytes would fill. */
    public long idealSectors() {
      return idealSectors;
    }

    /** Additional passes over shared memory because lanes met in a bank. */
    public long bankConflicts() {
      return bankConflicts;
    }

    /** How often a branch split the active lanes. */
    public long splits() {
      return splits;
    }
  }

  private final TreeMap<Integer, Row> rows = new TreeMap<>();

  Profile() {}

  /** The lines that were executed, in order. */
  public List<Row> rows() {
    return List.copyOf(rows.values());
  }

  @Override
  public void before(Warp warp, Instruction instruction, int mask) {
    if (instruction.hidden()) {
      return;
    }
    Row row = rows.computeIfAbsent(instruction.source().line(), _ -> new Row(instruction.source()));
    row.executed++;
    row.lanes += Integer.bitCount(mask);
    switch (instruction) {
      case MemoryAccess access -> count(row, warp, access, mask, access.bytes * access.count);
      case CopyAsync copy -> count(row, warp, copy.from(), mask, copy.from().bytes);
      case LoadMatrix load -> {
        int lanes = load.matrices() == 4 ? -1 : (1 << (8 * load.matrices())) - 1;
        count(row, warp, load.rows(), mask & lanes, 16);
      }
      case Branch _ -> row.splits += mask != 0 && mask != warp.active() ? 1 : 0;
      default -> {}
    }
  }

  @Override
  public void after(Warp warp, Instruction instruction, int mask) {
    // everything is known before
  }

  private static void count(Row row, Warp warp, MemoryAccess access, int mask, int size) {
    long[] addresses = access.addresses(warp);
    row.bytes += (long) Integer.bitCount(mask) * size;
    long first = mask == 0 ? 0 : addresses[Integer.numberOfTrailingZeros(mask)];
    boolean generic = access.space() == Space.GENERIC;
    if (access.space() == Space.SHARED || (generic && Spaces.holds(Space.SHARED, first))) {
      row.bankConflicts += conflicts(addresses, mask, size);
    } else if (access.space() == Space.GLOBAL || generic) {
      row.sectors += sectors(addresses, mask, size);
      row.idealSectors += (Integer.bitCount(mask) * size + SECTOR - 1) / SECTOR;
    }
  }

  private static long sectors(long[] addresses, int mask, int size) {
    return distinct(addresses, mask, size, SECTOR).size();
  }

  /** The units of memory that lanes touch. */
  private static List<Long> distinct(long[] addresses, int mask, int size, int unit) {
    List<Long> found = new ArrayList<>();
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      long address = addresses[Integer.numberOfTrailingZeros(rest)];
      for (long at = address / unit; at <= (address + size - 1) / unit; at++) {
        if (!found.contains(at)) {
          found.add(at);
        }
      }
    }
    return found;
  }

  /**
   * Shared memory has 32 banks of 4 bytes; wide accesses go in parts of a warp that ask for 128
   * bytes at most. A part takes as many passes as the fullest bank has different words.
   */
  private static long conflicts(long[] addresses, int mask, int size) {
    int parts = Math.max(1, size / 4);
    int lanes = Warp.LANES / parts;
    long conflicts = 0;
    for (int part = 0; part < parts; part++) {
      int range = lanes == Warp.LANES ? -1 : ((1 << lanes) - 1) << (part * lanes);
      int[] words = new int[BANKS];
      int most = 0;
      for (long word : distinct(addresses, mask & range, size, 4)) {
        most = Math.max(most, ++words[(int) (word % BANKS)]);
      }
      conflicts += Math.max(0, most - 1);
    }
    return conflicts;
  }
}
