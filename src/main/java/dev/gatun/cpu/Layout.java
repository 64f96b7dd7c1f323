package dev.gatun.cpu;

/**
 * How the factors of {@code C[M,N] = op(A) op(B)} lie in memory, row-major; the letters are those
 * of BLAS, N for as it is and T for transposed. A linear layer y = x Wᵀ with W[out, in] uses all.
 */
public enum Layout {
  /** A[M,K], B[K,N]: the gradient of the input, dX = dY W. */
  NN,
  /** A[M,K], B[N,K]: the forward pass, Y = X Wᵀ. */
  NT,
  /** A[K,M], B[K,N]: the gradient of the weight, dW = dYᵀ X. */
  TN
}
