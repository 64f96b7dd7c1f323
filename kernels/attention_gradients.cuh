// The gradients of attention by tiles, see attention_backward.cu, with and without dropout of
// weights.
#pragma once
#include "attention.cuh"

// Lanes are keys. v, then k, pass through one tile of shared memory.
template <int DIM, int WARPS, int PER_WARP, class Weights>
__device__ __forceinline__ void query_gradient(const Attention& a, const Weights& weights,
                                               const float* q, const float* k, const float* v,
                                               const float* lse, const float* delta,
                                               const float* dy, float* dq) {
  constexpr int QUERIES = WARPS * PER_WARP;
  constexpr int STRIDE = DIM + 1;
  __shared__ float q_rows[QUERIES * DIM];
  __shared__ float dy_rows[QUERIES * DIM];
  __shared__ float tile[TILE * STRIDE];
  int b = blockIdx.z;
  int h = blockIdx.y;
  int g = h / (a.heads / a.groups);
  int t0 = blockIdx.x * QUERIES;
  int count = min(QUERIES, a.queries - t0);
  size_t query_step = (size_t)a.heads * a.dim;
  size_t key_step = (size_t)a.groups * a.dim;
  size_t start = a.query_row(b, t0, h);
  copy_rows(q + start, query_step, count, QUERIES, a.dim, a.scale, q_rows, DIM);
  copy_rows(dy + start, query_step, count, QUERIES, a.dim, 1.0f, dy_rows, DIM);
  int from = a.offset + t0 + count;
#pragma unroll 1
  for (int i = 0; i < count; i++) {
    from = min(from, a.first_key(b, t0 + i));
  }
  int to = a.offset + t0 + count;
  RowSum<DIM> sum[PER_WARP];
  for (int j0 = from; j0 < to; j0 += TILE) {
    int exist = min(TILE, to - j0);
    float ds[PER_WARP];
    __syncthreads();
    copy_rows(v + a.key_row(b, j0, g), key_step, exist, TILE, a.dim, 1.0f, tile, STRIDE);
    __syncthreads();
#pragma unroll
    for (int i = 0; i < PER_WARP; i++) {
      int row = warp() * PER_WARP + i;
      ds[i] = dot(dy_rows + row * DIM, tile + lane() * STRIDE, a.dim);
    }
    __syncthreads();
    copy_rows(k + a.key_row(b, j0, g), key_step, exist, TILE, a.dim, 1.0f, tile, STRIDE);
    __syncthreads();
#pragma unroll
    for (int i = 0; i < PER_WARP; i++) {
      int row = warp() * PER_WARP + i;
      int t = min(t0 + row, a.queries - 1);
      int j = j0 + lane();
      bool seen = row < count && j >= a.first_key(b, t) && j <= a.offset + t;
      size_t statistic = a.statistic(b, h, t);
      float score = dot(q_rows + row * DIM, tile + lane() * STRIDE, a.dim);
      float p = seen ? expf(score - lse[statistic]) : 0.0f;
      float factor = weights.factor(statistic, j, a.keys);
      sum[i].add(seen ? p * (factor * ds[i] - delta[statistic]) : 0.0f, tile, STRIDE, a.dim);
    }
  }
#pragma unroll
  for (int i = 0; i < PER_WARP; i++) {
    int t = t0 + warp() * PER_WARP + i;
    if (t < a.queries) {
      sum[i].write(dq + a.query_row(b, t, h), a.scale, a.dim);
    }
  }
}

// Lanes are queries. q, dy, and q again pass through one tile of shared memory.
template <int DIM, int WARPS, int PER_WARP, class Weights>
__device__ __forceinline__ void key_gradients(const Attention& a, const Weights& weights,
                                              const float* q, const float* k, const float* v,
                                              const float* lse, const float* delta,
                                              const float* dy, float* dk, float* dv) {
  a.assume_dimensions(DIM);
  constexpr int KEYS = WARPS * PER_WARP;
  constexpr int STRIDE = DIM + 1;
  __shared__ float k_rows[KEYS * DIM];
  __shared__ float v_rows[KEYS * DIM];
  __shared__ float tile[TILE * STRIDE];
  int b = blockIdx.z;
  int g = blockIdx.y;
  int sharing = a.heads / a.groups;
  int j0 = blockIdx.x * KEYS;
  int count = min(KEYS, a.keys - j0);
  __builtin_assume(count > 0);
  size_t query_step = (size_t)a.heads * a.dim;
  size_t start = a.key_row(b, j0, g);
  copy_rows(k + start, (size_t)a.groups * a.dim, count, KEYS, a.dim, 1.0f, k_rows, DIM);
  copy_rows(v + start, (size_t)a.groups * a.dim, count, KEYS, a.dim, 1.0f, v_rows, DIM);
  RowSum<DIM> k_sum[PER_WARP];
  RowSum<DIM> v_sum[PER_WARP];
  int first_query = max(0, j0 - a.offset);  // others see none of these keys, nor do those past end
  int end = a.window == 0 ? a.queries : min(a.queries, j0 + count + a.window - 1 - a.offset);
  for (int h = g * sharing; h < (g + 1) * sharing; h++) {
    for (int t0 = first_query; t0 < end; t0 += TILE) {
      int exist = min(TILE, a.queries - t0);
      int t = min(t0 + lane(), a.queries - 1);
      int first = a.first_key(b, t);
      int last = lane() < exist ? a.offset + t : -1;
      size_t statistic = a.statistic(b, h, t);
      size_t rows = a.query_row(b, t0, h);
      bool seen[PER_WARP];
      float p[PER_WARP];
      float ds[PER_WARP];
      __syncthreads();
      copy_rows(q + rows, query_step, exist, TILE, a.dim, a.scale, tile, STRIDE);
      __syncthreads();
#pragma unroll
      for (int i = 0; i < PER_WARP; i++) {
        int row = warp() * PER_WARP + i;
        int j = j0 + row;
        float score = dot(k_rows + row * DIM, tile + lane() * STRIDE, a.dim);
        seen[i] = row < count && j >= first && j <= last;
        p[i] = seen[i] ? expf(score - lse[statistic]) : 0.0f;
      }
      __syncthreads();
      copy_rows(dy + rows, query_step, exist, TILE, a.dim, 1.0f, tile, STRIDE);
      __syncthreads();
#pragma unroll
      for (int i = 0; i < PER_WARP; i++) {
        int row = warp() * PER_WARP + i;
        float factor = weights.factor(statistic, j0 + row, a.keys);
        float dp = dot(v_rows + row * DIM, tile + lane() * STRIDE, a.dim);
        ds[i] = seen[i] ? p[i] * (factor * dp - delta[statistic]) : 0.0f;
        v_sum[i].add(factor * p[i], tile, STRIDE, a.dim);
      }
      __syncthreads();
      copy_rows(q + rows, query_step, exist, TILE, a.dim, a.scale, tile, STRIDE);
      __syncthreads();
#pragma unroll
      for (int i = 0; i < PER_WARP; i++) {
        k_sum[i].add(ds[i], tile, STRIDE, a.dim);
      }
    }
  }
#pragma unroll
  for (int i = 0; i < PER_WARP; i++) {
    int row = warp() * PER_WARP + i;
    if (row < count) {
      k_sum[i].write(dk + a.key_row(b, j0 + row, g), 1.0f, a.dim);
      v_sum[i].write(dv + a.key_row(b, j0 + row, g), 1.0f, a.dim);
    }
  }
}
