// The cross-entropy of a softmax with the labels, summed over the rows that have one.
//
//   m[n]    = max_v x[n,v]        s[n] = Σ_v e^(x[n,v] - m[n])
//   loss    = scale·Σ_n (m[n] + log s[n] - x[n,t[n]])          over n with t[n] >= 0
//   dx[n,v] (+)= dloss·scale·(e^(x[n,v] - m[n]) / s[n] - [v = t[n]])
//
// x, dx [N, V], t [N], m, s [N], loss, dloss [1]. A negative label excludes its row: m is 0, s 1,
// the gradient 0. A label of V or more makes the loss NaN: a kernel cannot refuse its input.
//
// rows: one block of 256 threads per row, 4 bytes per element. sum: one block of 1024 threads.
// backward: one block of 256 threads per row; dx may be x; 8 bytes per element, or 12 if it adds.
#include "reduce.cuh"

constexpr int THREADS = 256;
constexpr int SUM_THREADS = 1024;

extern "C" __global__ void cross_entropy_rows_f32(const float* x, const int* labels, float* max,
                                                  float* sum, int columns) {
  int row = blockIdx.x;
  x += (size_t)row * columns;
  if (labels[row] < 0) {
    if (threadIdx.x == 0) {
      max[row] = 0.0f;
      sum[row] = 1.0f;
    }
    return;
  }
  Online o;
  for (int c = threadIdx.x; c < columns; c += THREADS) {
    o.add(x[c]);
  }
  o = block_online<THREADS / WARP>(o);
  if (threadIdx.x == 0) {
    max[row] = o.m;
    sum[row] = o.s;
  }
}

extern "C" __global__ void cross_entropy_sum_f32(const float* x, const int* labels,
                                                 const float* max, const float* sum, float* loss,
                                                 int rows, int columns, float scale) {
  float total = 0.0f;
  for (int row = threadIdx.x; row < rows; row += SUM_THREADS) {
    int label = labels[row];
    if (label >= columns) {
      total = NAN;
    } else if (label >= 0) {
      total += max[row] - x[(size_t)row * columns + label] + logf(sum[row]);
    }
  }
  total = block_sum<SUM_THREADS / WARP>(total);
  if (threadIdx.x == 0) {
    *loss = scale * total;
  }
}

extern "C" __global__ void cross_entropy_backward_f32(const float* x, const int* labels,
                                                      const float* max, const float* sum,
                                                      const float* dloss, float* dx, int columns,
                                                      float scale, int accumulate) {
  int row = blockIdx.x;
  x += (size_t)row * columns;
  dx += (size_t)row * columns;
  int label = labels[row];
  float factor = label < 0 ? 0.0f : scale * *dloss;
  float m = max[row];
  float s = sum[row];
  for (int c = threadIdx.x; c < columns; c += THREADS) {
    float d = 0.0f;
    if (label >= 0) {
      float p = expf(x[c] - m) / s;
      d = factor * (c == label ? p - 1.0f : p);
    }
    dx[c] = accumulate ? dx[c] + d : d;
  }
}
