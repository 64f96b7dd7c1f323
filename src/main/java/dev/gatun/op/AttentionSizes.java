package dev.gatun.op;

import dev.gatun.core.Shape;

/**
 * The sizes of one attention and the addresses that follow from them.
 *
 * @param batch B
 * @param queries T
 * @param keys S
 * @param heads H, of the queries
 * @param groups G, the heads of keys and values; H/G query heads share each
 * @param headDim D
 * @param queryHeads heads from one query to the next in q: H, or those of a row that has more
 * @param keyHeads heads from one key to the next in k and v: G, or those of a row that has more
 */
record AttentionSizes(
    int batch,
    int queries,
    int keys,
    int heads,
    int groups,
    int headDim,
    int queryHeads,
    int keyHeads) {
  /** The sizes for q [B,T,H,D] and k [B,S,G,D]. */
  static AttentionSizes of(Shape q, Shape k) {
    int heads = q.size(2);
    int groups = k.size(2);
    return new AttentionSizes(
        q.size(0), q.size(1), k.size(1), heads, groups, q.size(3), heads, groups);
  }

  /** The sizes for rows that hold queries, keys and values: qkv [B,T,H+2G,D]. */
  static AttentionSizes ofRows(Shape qkv, int groups) {
    int all = qkv.size(2);
    return new AttentionSizes(
        qkv.size(0), qkv.size(1), qkv.size(1), all - 2 * groups, groups, qkv.size(3), all, all);
  }

  /** How many query heads share one head of keys and values. */
  int sharing() {
    return heads / groups;
  }

  /** Where head h of query t begins in q and its gradient: bytes. */
  long queryOffset(int b, int t, int h) {
    return (long) Float.BYTES * headDim * (((long) b * queries + t) * queryHeads + h);
  }

  /** From one query to the next in q and its gradient: bytes. */
  long queryStride() {
    return (long) Float.BYTES * headDim * queryHeads;
  }

  /** Where head h of query t begins in y and its gradient: bytes. */
  long outputOffset(int b, int t, int h) {
    return (long) Float.BYTES * headDim * (((long) b * queries + t) * heads + h);
  }

  /** From one query to the next in y and its gradient: bytes. */
  long outputStride() {
    return (long) Float.BYTES * headDim * heads;
  }

  /** Where head g of key s begins in k, v and their gradients: bytes. */
  long keyOffset(int b, int s, int g) {
    return (long) Float.BYTES * headDim * (((long) b * keys + s) * keyHeads + g);
  }

  /** From one key to the next in k, v and their gradients: bytes. */
  long keyStride() {
    return (long) Float.BYTES * headDim * keyHeads;
  }

  /** The index of a query in lse [B,H,T]. */
  long statistic(int b, int h, int t) {
    return ((long) b * heads + h) * queries + t;
  }
}
