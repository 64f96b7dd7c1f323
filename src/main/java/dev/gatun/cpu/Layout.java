package dev.gatun.cpu;

/** Which operand of a matrix product is stored as its transpose; see {@link Gemm}. */
public enum Layout {
  /** A [M,K], B [K,N]. */
  NN,
  /** A [M,K], B [N,K]. */
  NT,
  /** A [K,M], B [K,N]. */
  TN
}
