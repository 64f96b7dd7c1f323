// The cross-entropy of a softmax with the labels, summed over the rows that have one.
//
//   m[n]    = max_v x[n,v]        s[n] = Σ_v e^(x[n,v] - m[n])
//   q[n,v]  = (1 - eps)·[v = t[n]] + eps/V                     smoothed labels; eps is 0 without
//   loss    = scale·Σ_n (m[n] + log s[n] - Σ_v q[n,v]·x[n,v])          over n with t[n] >= 0
//   dx[n,v] (+)= dloss·scale·(e^(x[n,v] - m[n]) / s[n] - q[n,v])
//
// x, dx [N, V], t [N], m, s [N], loss, dloss [1]. A negative label excludes its row: m is 0, s 1,
// the gradient 0. A label of V or more makes the loss NaN: a kernel cannot refuse its input.
//
// rows: one block of 256 threads per row, 4 bytes per element; the loss of each row is for sum.
// sum: one block of 1024 threads. backward: one block of 256 threads per row; dx may be x; 8 bytes
// per element, or 12 if it adds.
#include "reduce.cuh"

constexpr int THREADS = 256;
constexpr int SUM_THREADS = 1024;

extern "C" __global__ void cross_entropy_rows_f32(const float* x, const int* labels, float* max,
                                                  float* sum, float* losses, int columns,
                                                  float smoothing) {
  int row = blockIdx.x;
  int label = labels[row];
  x += (size_t)row * columns;
  if (label < 0) {
    if (threadIdx.x == 0) {
      max[row] = 0.0f;
      sum[row] = 1.0f;
      losses[row] = 0.0f;
    }
    return;
  }
  Online o;
  float total = 0.0f;
  for (int c = threadIdx.x; c < columns; c += THREADS) {
    o.add(x[c]);
    total += x[c];
  }
  o = block_online<THREADS / WARP>(o);
  total = block_sum<THREADS / WARP>(total);
  if (threadIdx.x == 0) {
    max[row] = o.m;
    sum[row] = o.m == -INFINITY ? NAN : o.s;  // as e^(-inf - -inf) is
    float expected = label < columns ? x[label] : NAN;
    if (smoothing != 0.0f) {
      expected = (1.0f - smoothing) * expected + smoothing * (total / columns);
    }
    losses[row] = o.m - expected + logf(o.s);
  }
}

extern "C" __global__ void cross_entropy_sum_f32(const float* losses, float* loss, int rows,
                                                 float scale) {
  float total = 0.0f;
  for (int row = threadIdx.x; row < rows; row += SUM_THREADS) {
    total += losses[row];
  }
  total = block_sum<SUM_THREADS / WARP>(total);
  if (threadIdx.x == 0) {
    *loss = scale * total;
  }
}

extern "C" __global__ void cross_entropy_backward_f32(const float* x, const int* labels,
                                                      const float* max, const float* sum,
                                                      const float* dloss, float* dx, int columns,
                                                      float scale, float smoothing,
                                                      int accumulate) {
  int row = blockIdx.x;
  x += (size_t)row * columns;
  dx += (size_t)row * columns;
  int label = labels[row];
  float factor = label < 0 ? 0.0f : scale * *dloss;
  float m = max[row];
  float s = sum[row];
  float spread = smoothing / columns;
  for (int c = threadIdx.x; c < columns; c += THREADS) {
    float d = 0.0f;
    if (label >= 0) {
      float p = expf(x[c] - m) / s;
      d = factor * (p - (c == label ? 1.0f - smoothing + spread : spread));
    }
    dx[c] = accumulate ? dx[c] + d : d;
  }
}
