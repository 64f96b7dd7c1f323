// Layer norm over the last axis (Ba, Kiros, Hinton, 2016, equation 4).
//
//   mean  = 1/C·Σ_c x[c]          r = 1 / sqrt(1/C·Σ_c (x[c] - mean)² + eps)
//   y[c]  = (x[c] - mean)·r·w[c] + b[c]
//   dx[c] = r·(g[c] - 1/C·Σ_j g[j] - (x[c] - mean)·r²/C·Σ_j g[j]·(x[j] - mean))   g = dy·w
//   dw[c] = Σ_rows dy[c]·(x[c] - mean)·r            db[c] = Σ_rows dy[c]   (sum_rows)
//
// x, y, dx, dy [rows, C], w, b, dw [C], mean, r [rows].
//
// forward, backward: one warp per row, blocks of 256 threads, ceil(rows / 8) blocks. The variance
// is that of the deviations: no difference of large squares; the row comes from the cache after its
// first reading. Bytes per element: forward 8, backward 12. backward_weight: see sum_rows.cuh, 8.
#include "pack.cuh"
#include "reduce.cuh"
#include "sum_rows.cuh"

constexpr int ROWS = 8;

template <int N>
__device__ void forward(const float* x, const float* w, const float* b, float* y, float* mean,
                        float* r, int columns, float eps, int row) {
  x += (size_t)row * columns;
  y += (size_t)row * columns;
  float sum = 0.0f;
  for (int c = lane() * N; c < columns; c += WARP * N) {
    Pack<N> a = load<N>(x + c);
#pragma unroll
    for (int i = 0; i < N; i++) {
      sum += a.v[i];
    }
  }
  float center = warp_sum(sum) / columns;
  float squares = 0.0f;
  for (int c = lane() * N; c < columns; c += WARP * N) {
    Pack<N> a = load<N>(x + c);
#pragma unroll
    for (int i = 0; i < N; i++) {
      squares += (a.v[i] - center) * (a.v[i] - center);
    }
  }
  float scale = 1.0f / sqrtf(warp_sum(squares) / columns + eps);
  for (int c = lane() * N; c < columns; c += WARP * N) {
    Pack<N> a = load<N>(x + c);
    Pack<N> gain = load<N>(w + c);
    Pack<N> shift = load<N>(b + c);
#pragma unroll
    for (int i = 0; i < N; i++) {
      a.v[i] = (a.v[i] - center) * scale * gain.v[i] + shift.v[i];
    }
    store(y + c, a);
  }
  if (lane() == 0) {
    mean[row] = center;
    r[row] = scale;
  }
}

extern "C" __global__ void layer_norm_forward_f32(const float* x, const float* w, const float* b,
                                                  float* y, float* mean, float* r, int rows,
                                                  int columns, float eps) {
  int row = blockIdx.x * ROWS + warp();
  if (row >= rows) {
    return;
  }
  if (columns % 4 == 0) {
    forward<4>(x, w, b, y, mean, r, columns, eps, row);
  } else {
    forward<1>(x, w, b, y, mean, r, columns, eps, row);
  }
}

template <int N>
__device__ void backward(const float* x, const float* w, float mean, float r, const float* dy,
                         float* dx, int columns, int accumulate) {
  float sum = 0.0f;
  float product = 0.0f;
  for (int c = lane() * N; c < columns; c += WARP * N) {
    Pack<N> a = load<N>(x + c);
    Pack<N> gain = load<N>(w + c);
    Pack<N> d = load<N>(dy + c);
#pragma unroll
    for (int i = 0; i < N; i++) {
      float g = d.v[i] * gain.v[i];
      sum += g;
      product += g * (a.v[i] - mean);
    }
  }
  float average = warp_sum(sum) / columns;
  float slope = r * r / columns * warp_sum(product);
  for (int c = lane() * N; c < columns; c += WARP * N) {
    Pack<N> a = load<N>(x + c);
    Pack<N> gain = load<N>(w + c);
    Pack<N> d = load<N>(dy + c);
    Pack<N> before = accumulate ? load<N>(dx + c) : Pack<N>{};
#pragma unroll
    for (int i = 0; i < N; i++) {
      before.v[i] += r * (d.v[i] * gain.v[i] - average - (a.v[i] - mean) * slope);
    }
    store(dx + c, before);
  }
}

extern "C" __global__ void layer_norm_backward_f32(const float* x, const float* w,
                                                   const float* mean, const float* r,
                                                   const float* dy, float* dx, int rows,
                                                   int columns, int accumulate) {
  int row = blockIdx.x * ROWS + warp();
  if (row >= rows) {
    return;
  }
  size_t start = (size_t)row * columns;
  if (columns % 4 == 0) {
    backward<4>(x + start, w, mean[row], r[row], dy + start, dx + start, columns, accumulate);
  } else {
    backward<1>(x + start, w, mean[row], r[row], dy + start, dx + start, columns, accumulate);
  }
}

extern "C" __global__ void layer_norm_backward_weight_f32(const float* x, const float* mean,
                                                          const float* r, const float* dy,
                                                          float* dw, int rows, int columns,
                                                          int chunk, int accumulate) {
  sum_rows(dw, rows, columns, chunk, accumulate, [=](int row, int c) {
    size_t i = (size_t)row * columns + c;
    return dy[i] * ((x[i] - mean[row]) * r[row]);
  });
}
