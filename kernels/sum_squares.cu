// The sum of all squares: what the norm of a gradient is made of.
//
//   partial[k] = Σ of x[i]² over block k          y = Σ_k partial[k]
//
// blocks: blocks of 256 threads, each over `chunk` elements (a multiple of 4), ceil(n / chunk)
// blocks. total: one block of 256 threads. 4 bytes per element.
#include "pack.cuh"
#include "reduce.cuh"

constexpr int THREADS = 256;

extern "C" __global__ void sum_squares_blocks_f32(const float* x, float* partial, int n,
                                                  int chunk) {
  int first = blockIdx.x * chunk;
  int end = min(n - first, chunk) + first;
  float sum = 0.0f;
  int i = first + threadIdx.x * PER_THREAD;
  for (; i <= end - PER_THREAD; i += THREADS * PER_THREAD) {
    Pack<4> a = load<4>(x + i);
#pragma unroll
    for (int k = 0; k < PER_THREAD; k++) {
      sum += a.v[k] * a.v[k];
    }
  }
#pragma unroll 1
  for (; i < end; i++) {  // the last elements, of the one thread that they fall to
    sum += x[i] * x[i];
  }
  sum = block_sum<THREADS / WARP>(sum);
  if (threadIdx.x == 0) {
    partial[blockIdx.x] = sum;
  }
}

extern "C" __global__ void sum_squares_total_f32(const float* partial, float* y, int count) {
  float sum = 0.0f;
#pragma unroll 1
  for (int k = threadIdx.x; k < count; k += THREADS) {
    sum += partial[k];
  }
  sum = block_sum<THREADS / WARP>(sum);
  if (threadIdx.x == 0) {
    *y = sum;
  }
}
