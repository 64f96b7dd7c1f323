// Root-mean-square norm over the last axis (Zhang, Sennrich, 2019, equation 4).
//
//   r     = 1 / sqrt(1/C·Σ_c x[c]² + eps)
//   y[c]  = x[c]·r·g[c]                                g = one + w: one is 0, or 1 (Gemma)
//   dx[c] = r·(dy[c]·g[c] - x[c]·r²/C·Σ_j dy[j]·g[j]·x[j])
//   dw[c] = Σ_rows dy[c]·x[c]·r
//
// x, y, dx, dy [rows, C], w, dw [C], r [rows].
//
// forward, backward: one warp per row, blocks of 256 threads, ceil(rows / 8) blocks. A warp needs
// no barrier, and the second reading of its row comes from the cache. Bytes per element: forward 8
// (x in, y out), backward 12 (x, dy in, dx out).
// backward_weight: see sum_rows.cuh; 8 bytes per element.
#include "pack.cuh"
#include "reduce.cuh"
#include "sum_rows.cuh"

constexpr int ROWS = 8;

template <int N>
__device__ void forward(const float* x, const float* w, float* y, float* r, int columns, float eps,
                        float one, int row) {
  x += (size_t)row * columns;
  y += (size_t)row * columns;
  float squares = 0.0f;
  for (int c = lane() * N; c < columns; c += WARP * N) {
    Pack<N> a = load<N>(x + c);
#pragma unroll
    for (int i = 0; i < N; i++) {
      squares += a.v[i] * a.v[i];
    }
  }
  float scale = 1.0f / sqrtf(warp_sum(squares) / columns + eps);
  for (int c = lane() * N; c < columns; c += WARP * N) {
    Pack<N> a = load<N>(x + c);
    Pack<N> g = load<N>(w + c);
#pragma unroll
    for (int i = 0; i < N; i++) {
      a.v[i] = a.v[i] * scale * (g.v[i] + one);
    }
    store(y + c, a);
  }
  if (lane() == 0) {
    r[row] = scale;
  }
}

extern "C" __global__ void rms_norm_forward_f32(const float* x, const float* w, float* y, float* r,
                                                int rows, int columns, float eps, float one) {
  int row = blockIdx.x * ROWS + warp();
  if (row >= rows) {
    return;
  }
  if (columns % 4 == 0) {
    forward<4>(x, w, y, r, columns, eps, one, row);
  } else {
    forward<1>(x, w, y, r, columns, eps, one, row);
  }
}

template <int N>
__device__ void backward(const float* x, const float* w, float r, const float* dy, float* dx,
                         int columns, float one, int accumulate) {
  float sum = 0.0f;
  for (int c = lane() * N; c < columns; c += WARP * N) {
    Pack<N> a = load<N>(x + c);
    Pack<N> g = load<N>(w + c);
    Pack<N> d = load<N>(dy + c);
#pragma unroll
    for (int i = 0; i < N; i++) {
      sum += d.v[i] * (g.v[i] + one) * a.v[i];
    }
  }
  float slope = r * r / columns * warp_sum(sum);
  for (int c = lane() * N; c < columns; c += WARP * N) {
    Pack<N> a = load<N>(x + c);
    Pack<N> g = load<N>(w + c);
    Pack<N> d = load<N>(dy + c);
    Pack<N> before = accumulate ? load<N>(dx + c) : Pack<N>{};
#pragma unroll
    for (int i = 0; i < N; i++) {
      before.v[i] += r * (d.v[i] * (g.v[i] + one) - a.v[i] * slope);
    }
    store(dx + c, before);
  }
}

extern "C" __global__ void rms_norm_backward_f32(const float* x, const float* w, const float* r,
                                                 const float* dy, float* dx, int rows, int columns,
                                                 float one, int accumulate) {
  int row = blockIdx.x * ROWS + warp();
  if (row >= rows) {
    return;
  }
  size_t start = (size_t)row * columns;
  if (columns % 4 == 0) {
    backward<4>(x + start, w, r[row], dy + start, dx + start, columns, one, accumulate);
  } else {
    backward<1>(x + start, w, r[row], dy + start, dx + start, columns, one, accumulate);
  }
}

extern "C" __global__ void rms_norm_backward_weight_f32(const float* x, const float* r,
                                                        const float* dy, float* dw, int rows,
                                                        int columns, int chunk, int accumulate) {
  sum_rows(dw, rows, columns, chunk, accumulate, [=](int row, int c) {
    size_t i = (size_t)row * columns + c;
    return dy[i] * (x[i] * r[row]);
  });
}
