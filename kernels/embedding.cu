// Rows of a table, by number.
//
//   y[i,c]  = w[ids[i],c]          dw[v,c] += Σ over i with ids[i] = v of dy[i,c]
//
// w, dw [V, C], ids [N], y, dy [N, C]. An id outside 0 .. V-1 makes its row NaN and has no gradient:
// a kernel cannot refuse its input.
//
// forward: one block of 256 threads per id; 8 bytes per element of y.
// backward: one block of 256 threads per id. The block of the first place of an id adds the rows of
// all its places in ascending order, and the others leave: one writer per row, no atomics.
#include "pack.cuh"
#include "reduce.cuh"

constexpr int THREADS = 256;

template <int N>
__device__ __forceinline__ void copy_row(const float* w, float* y, int columns, bool exists) {
  for (int c = threadIdx.x * N; c < columns; c += THREADS * N) {
    Pack<N> row;
    if (exists) {
      row = load<N>(w + c);
    } else {
#pragma unroll
      for (int k = 0; k < N; k++) {
        row.v[k] = NAN;
      }
    }
    store(y + c, row);
  }
}

extern "C" __global__ void embedding_forward_f32(const float* w, const int* ids, float* y,
                                                 int vocabulary, int columns) {
  int id = ids[blockIdx.x];
  bool exists = id >= 0 && id < vocabulary;
  const float* row = w + (size_t)(exists ? id : 0) * columns;
  y += (size_t)blockIdx.x * columns;
  if (columns % 4 == 0) {
    copy_row<4>(row, y, columns, exists);
  } else {
    copy_row<1>(row, y, columns, exists);
  }
}

// Adds the rows of dy from place `first` on that belong to an id; a warp tests 32 places at once.
template <int N>
__device__ __forceinline__ void add_rows(const int* ids, const float* dy, float* dw, int id,
                                         int first, int count, int columns) {
  __builtin_assume(first < count);
  for (int start = 0; start < columns; start += THREADS * N) {
    int c = start + threadIdx.x * N;
    bool mine = c < columns;
    Pack<N> sum = mine ? load<N>(dw + c) : Pack<N>{};
    for (int base = first; base < count; base += WARP) {
      int place = base + lane();
      unsigned hits = __ballot_sync(ALL, place < count && ids[min(place, count - 1)] == id);
      while (hits != 0) {
        int hit = base + __ffs(hits) - 1;
        hits &= hits - 1;
        if (mine) {
          Pack<N> row = load<N>(dy + (size_t)hit * columns + c);
#pragma unroll
          for (int k = 0; k < N; k++) {
            sum.v[k] += row.v[k];
          }
        }
      }
    }
    if (mine) {
      store(dw + c, sum);
    }
  }
}

extern "C" __global__ void embedding_backward_f32(const int* ids, const float* dy, float* dw,
                                                  int count, int vocabulary, int columns) {
  int first = blockIdx.x;
  int id = ids[first];
  if (id < 0 || id >= vocabulary) {
    return;
  }
  int seen = 0;
  for (int place = threadIdx.x; place < first; place += THREADS) {
    seen |= ids[place] == id;
  }
  if (__syncthreads_or(seen)) {
    return;
  }
  dw += (size_t)id * columns;
  if (columns % 4 == 0) {
    add_rows<4>(ids, dy, dw, id, first, count, columns);
  } else {
    add_rows<1>(ids, dy, dw, id, first, count, columns);
  }
}
