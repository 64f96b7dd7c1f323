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
 */
record AttentionSizes(int batch, int queries, int keys, int heads, int groups, int headDim) {
  /** The sizes for q [B,T,H,D] and k [B,S,G,D]. */
  static AttentionSizes of(Shape q, Shape k) {
    return new AttentionSizes(q.size(0), q.size(1), k.size(1), q.size(2), k.size(2), q.size(3));
  }

  /** How many query heads share one head of keys and values. */
  int sharing() {
    return heads / groups;
  }

  /** Where head h of query t begins in q, y and their gradients: bytes. */
  long queryOffset(int b, int t, int h) {
    return (long) Float.BYTES * headDim * (((long) b * queries + t) * heads + h);
  }

  /** From one query to the next in q, y and their gradients: bytes. */
  long queryStride() {
    return (long) Float.BYTES * headDim * heads;
  }

  /** Where head g of key s begins in k, v and their gradients: bytes. */
  long keyOffset(int b, int s, int g) {
    return (long) Float.BYTES * headDim * (((long) b * keys + s) * groups + g);
  }

  /** From one key to the next in k, v and their gradients: bytes. */
  long keyStride() {
    return (long) Float.BYTES * headDim * groups;
  }

  /** The index of a query in lse [B,H,T]. */
  long statistic(int b, int h, int t) {
    return ((long) b * heads + h) * queries + t;
  }
}
