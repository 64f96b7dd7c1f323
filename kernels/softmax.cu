// Softmax over the last axis.
//
//   m     = max_c x[c]        y[c]  = e^(x[c] - m) / Σ_j e^(x[j] - m)
//   dx[c] (+)= y[c]·(dy[c] - Σ_j dy[j]·y[j])
//
// x, y, dy, dx [rows, C]. One block of 256 threads per row. The forward pass finds m and the sum in
// one reading. Bytes per element: forward 8, backward 12, or 16 if it adds.
#include "reduce.cuh"

constexpr int THREADS = 256;

extern "C" __global__ void softmax_forward_f32(const float* x, float* y, int columns) {
  x += (size_t)blockIdx.x * columns;
  y += (size_t)blockIdx.x * columns;
  Online o;
  for (int c = threadIdx.x; c < columns; c += THREADS) {
    o.add(x[c]);
  }
  o = block_online<THREADS / WARP>(o);
  for (int c = threadIdx.x; c < columns; c += THREADS) {
    y[c] = expf(x[c] - o.m) / o.s;
  }
}

extern "C" __global__ void softmax_backward_f32(const float* y, const float* dy, float* dx,
                                                int columns, int accumulate) {
  y += (size_t)blockIdx.x * columns;
  dy += (size_t)blockIdx.x * columns;
  dx += (size_t)blockIdx.x * columns;
  float sum = 0.0f;
  for (int c = threadIdx.x; c < columns; c += THREADS) {
    sum += dy[c] * y[c];
  }
  sum = block_sum<THREADS / WARP>(sum);
  for (int c = threadIdx.x; c < columns; c += THREADS) {
    float d = y[c] * (dy[c] - sum);
    dx[c] = accumulate ? dx[c] + d : d;
  }
}
