// What the kernels of attention share: sizes, visibility, and tiles of keys in shared memory.
#pragma once
#include "reduce.cuh"

// q, y, dq, dy [B,T,H,D]; k, v, dk, dv [B,S,G,D]; starts [B,T] or null; lse, delta [B,H,T].
struct Attention {
  const int* starts;
  int queries;  // T
  int keys;     // S
  int heads;    // H
  int groups;   // G
  int dim;      // D
  int offset;   // keys before the first query's own
  int window;   // keys that a query sees at most, its own included; 0 for all
  float scale;

  // What the grid rules guarantee, so that no code is made for the rest: there is
  // something to do ...
  __device__ __forceinline__ void assume_not_empty(int most_dimensions) const {
    __builtin_assume(queries > 0);
    __builtin_assume(keys > 0);
    assume_dimensions(most_dimensions);
  }

  // ... and no smaller kernel would do it. Keys may have gradients without a query: zeros.
  __device__ __forceinline__ void assume_dimensions(int most_dimensions) const {
    __builtin_assume(dim > (most_dimensions > WARP ? most_dimensions / 2 : 0));
    __builtin_assume(dim <= most_dimensions);
  }

  // The first key that query t sees; it sees those up to offset + t.
  __device__ __forceinline__ int first_key(int b, int t) const {
    int first = starts == nullptr ? 0 : max(starts[b * queries + t], 0);
    return window == 0 ? first : max(first, offset + t - window + 1);
  }

  __device__ __forceinline__ size_t query_row(int b, int t, int h) const {
    return (((size_t)b * queries + t) * heads + h) * dim;
  }

  __device__ __forceinline__ size_t key_row(int b, int j, int g) const {
    return (((size_t)b * keys + j) * groups + g) * dim;
  }

  __device__ __forceinline__ size_t statistic(int b, int h, int t) const {
    return ((size_t)b * heads + h) * queries + t;
  }
};

// The factors of the weights: all 1.
struct AllWeights {
  __device__ __forceinline__ float factor(size_t, int, int) const { return 1.0f; }
};

constexpr int TILE = 32;  // keys, or queries, that a tile holds: one for each lane

// Copies up to `rows` rows of D floats, `step` floats apart, to shared memory with another stride;
// zeros where a row does not exist.
__device__ __forceinline__ void copy_rows(const float* source, size_t step, int exist, int rows,
                                          int dim, float factor, float* target, int stride) {
#pragma unroll 1
  for (int i = threadIdx.x; i < rows * dim; i += blockDim.x) {
    int row = i / dim;
    int d = i % dim;
    target[row * stride + d] = row < exist ? source[row * step + d] * factor : 0.0f;
  }
}

// Σ_d x[d]·y[d], both in shared memory.
__device__ __forceinline__ float dot(const float* x, const float* y, int dim) {
  float sum = 0.0f;
#pragma unroll 4
  for (int d = 0; d < dim; d++) {
    sum = fmaf(x[d], y[d], sum);
  }
  return sum;
}

// A sum of rows that the lanes share: lane l has the dimensions l, l + 32, ...
template <int DIM>
struct RowSum {
  float v[DIM / WARP] = {};

  // += Σ_j weight of lane j · row j of a tile
  __device__ __forceinline__ void add(float weight, const float* tile, int stride, int dim) {
#pragma unroll 4
    for (int j = 0; j < TILE; j++) {
      float w = __shfl_sync(ALL, weight, j);
#pragma unroll
      for (int i = 0; i < DIM / WARP; i++) {
        int d = lane() + i * WARP;
        if (d < dim) {
          v[i] = fmaf(w, tile[j * stride + d], v[i]);
        }
      }
    }
  }

  __device__ __forceinline__ void scale(float factor) {
#pragma unroll
    for (int i = 0; i < DIM / WARP; i++) {
      v[i] *= factor;
    }
  }

  __device__ __forceinline__ void write(float* row, float factor, int dim) const {
#pragma unroll
    for (int i = 0; i < DIM / WARP; i++) {
      int d = lane() + i * WARP;
      if (d < dim) {
        row[d] = v[i] * factor;
      }
    }
  }
};
