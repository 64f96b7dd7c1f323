// Sums over the rows of a matrix, for the gradients of weights and biases that all rows share.
//
// Grid rule: blocks of 32 x 8 threads, ceil(columns / 32) x chunks blocks. Each block sums `chunk`
// rows of 32 columns: 8 partial sums per column over every eighth row, then these in order. With one
// chunk the sums are the result; with more, block (·, k) writes row k of a matrix [chunks, columns]
// that a second launch of sum_rows_f32 adds up. No atomics: the order never changes.
#pragma once

constexpr int COLUMNS_PER_BLOCK = 32;
constexpr int PARTIAL_SUMS = 8;

template <class Term>
__device__ __forceinline__ void sum_rows(float* y, int rows, int columns, int chunk, int accumulate,
                                         Term term) {
  __shared__ float partial[PARTIAL_SUMS][COLUMNS_PER_BLOCK];
  int c = blockIdx.x * COLUMNS_PER_BLOCK + threadIdx.x;
  int first = blockIdx.y * chunk;
  int end = min(rows, first + chunk);
  float sum = 0.0f;
  if (c < columns) {
    for (int row = first + threadIdx.y; row < end; row += PARTIAL_SUMS) {
      sum += term(row, c);
    }
  }
  partial[threadIdx.y][threadIdx.x] = sum;
  __syncthreads();
  if (threadIdx.y == 0 && c < columns) {
    float total = partial[0][threadIdx.x];
#pragma unroll
    for (int k = 1; k < PARTIAL_SUMS; k++) {
      total += partial[k][threadIdx.x];
    }
    float* target = y + (size_t)blockIdx.y * columns + c;
    *target = accumulate ? *target + total : total;
  }
}
