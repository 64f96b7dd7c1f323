package dev.gatun.op;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The keys and values of one head in the layouts of the products, kept by a thread while it works
 * on the head, so that they are read once and not for each tile of queries.
 *
 * <p>Tiles of 64 keys lie in slots: tile n in slot n modulo their number. The forward pass has at
 * most {@value #FORWARD_FLOATS} floats of keys per thread and reads a tile again if another has
 * taken its slot. The backward pass has a slot for every tile, since the sums of dk and dv are kept
 * here, too: 20·S·D bytes per thread, 20 MiB for S = 8192 and D = 128.
 */
final class AttentionHead {
  private static final int FORWARD_FLOATS = 1 << 21;
  private static final int NONE = -1;

  private static final ThreadLocal<@Nullable AttentionHead> OWN = new ThreadLocal<>();

  final AttentionRows rows;
  float[] transposedKeys = {};
  float[] transposedValues = {};
  float[] keys = {}; // in panels
  float[] values = {}; // in panels
  float[] keyGradients = {}; // in panels
  float[] valueGradients = {}; // in panels
  private int[] tiles = {}; // of each slot

  private AttentionHead(int headDim) {
    this.rows = new AttentionRows(headDim);
  }

  /** The one of this thread, which is kept for the next call. */
  static AttentionHead own(int headDim) {
    AttentionHead head = OWN.get();
    if (head == null || head.rows.headDim != headDim) {
      head = new AttentionHead(headDim);
      OWN.set(head);
    }
    return head;
  }

  /** Begins with a head of some keys for the forward pass: {@code transposedKeys, values}. */
  void beginForward(int count) {
    int most = Math.max(1, FORWARD_FLOATS / rows.size());
    int size = begin(Math.min(most, Math.ceilDiv(count, AttentionRows.ROWS)));
    transposedKeys = grown(transposedKeys, size);
    values = grown(values, size);
  }

  /** Begins with a head of some keys for the backward pass: all but {@code values}. */
  void beginBackward(int count) {
    int size = begin(Math.ceilDiv(count, AttentionRows.ROWS));
    transposedKeys = grown(transposedKeys, size);
    transposedValues = grown(transposedValues, size);
    keys = grown(keys, size);
    keyGradients = grown(keyGradients, size);
    valueGradients = grown(valueGradients, size);
  }

  private int begin(int slots) {
    if (tiles.length != slots) {
      tiles = new int[slots];
    }
    Arrays.fill(tiles, NONE);
    return Math.multiplyExact(slots, rows.size());
  }

  private static float[] grown(float[] array, int floats) {
    return array.length < floats ? new float[floats] : array;
  }

  /** Where the tile that begins at a key lies in each array. */
  int at(int key) {
    return key / AttentionRows.ROWS % tiles.length * rows.size();
  }

  /** Gives the tile that begins at a key its slot; false if it is there already. */
  boolean admit(int key) {
    int tile = key / AttentionRows.ROWS;
    int slot = tile % tiles.length;
    boolean there = tiles[slot] == tile;
    tiles[slot] = tile;
    return !there;
  }

  /** Whether the tile that begins at a key has been admitted, all having a slot. */
  boolean holds(int key) {
    return tiles[key / AttentionRows.ROWS] != NONE;
  }
}
