// The place of the largest element of each row, the first of equal ones; NaN counts as the largest.
//
//   y[row] = min { c : x[row,c] = max_j x[row,j] }
//
// x [rows, C], y [rows] of int. One block of 256 threads per row. 4 bytes per element.
#include "reduce.cuh"

constexpr int THREADS = 256;

struct Best {
  float value;
  int place;

  // Whether another comes before this one: larger, or as large and further left.
  __device__ __forceinline__ void merge(float other, int at) {
    bool other_nan = other != other;
    bool nan = value != value;
    bool equal = other == value || (other_nan && nan);
    bool larger = other > value || (other_nan && !nan);
    if (larger || (equal && at < place)) {
      value = other;
      place = at;
    }
  }
};

__device__ __forceinline__ Best warp_best(Best best) {
#pragma unroll
  for (int distance = WARP / 2; distance > 0; distance /= 2) {
    float value = __shfl_xor_sync(ALL, best.value, distance);
    int place = __shfl_xor_sync(ALL, best.place, distance);
    best.merge(value, place);
  }
  return best;
}

extern "C" __global__ void arg_max_forward_f32(const float* x, int* y, int columns) {
  __shared__ Best partial[THREADS / WARP];
  x += (size_t)blockIdx.x * columns;
  Best best = {-INFINITY, columns};
  for (int c = threadIdx.x; c < columns; c += THREADS) {
    best.merge(x[c], c);
  }
  best = warp_best(best);
  if (lane() == 0) {
    partial[warp()] = best;
  }
  __syncthreads();
  if (warp() == 0) {
    Best other = {-INFINITY, columns};
    best = warp_best(lane() < THREADS / WARP ? partial[lane()] : other);
    if (lane() == 0) {
      y[blockIdx.x] = best.place;
    }
  }
}
