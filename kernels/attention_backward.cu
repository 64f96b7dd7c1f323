// The gradients of attention.cu (Dao, "FlashAttention-2", 2023, section 3.1.2). The weights are
// computed again from q, k and lse, tile by tile.
//
//   delta[t] = Σ_d dy[t,d]·y[t,d]        p[t,j]  = e^(s[t,j] - lse[t])
//   ds[t,j]  = p[t,j]·(Σ_d dy[t,d]·v[j,d] - delta[t])
//   dq[t]    = scale·Σ_j ds[t,j]·k[j]
//   dk[j]    = scale·Σ_t ds[t,j]·q[t]    dv[j]   = Σ_t p[t,j]·dy[t]
//
// delta: one warp per query of a head: blocks of 256, ceil(B·T·H / 8) blocks; 8 bytes per element.
// queries: a block has WARPS·PER_WARP queries of one head and walks over the keys: blocks of
// 32·WARPS threads, ceil(T / (WARPS·PER_WARP)) x H x B blocks.
// keys: a block has WARPS·PER_WARP keys of one group and walks over the queries of all its heads:
// ceil(S / (WARPS·PER_WARP)) x G x B blocks.
// Each gradient has one writer, which adds in a fixed order; the price of having no atomics is that
// the weights are computed in both kernels.
#include "attention.cuh"

extern "C" __global__ void attention_delta_f32(const float* dy, const float* y, float* delta, int n,
                                               int queries, int heads, int dim) {
  int row = blockIdx.x * 8 + warp();
  if (row >= n) {
    return;
  }
  float sum = 0.0f;
  for (int d = lane(); d < dim; d += WARP) {
    size_t i = (size_t)row * dim + d;
    sum = fmaf(dy[i], y[i], sum);
  }
  sum = warp_sum(sum);
  if (lane() == 0) {
    int h = row % heads;
    int t = row / heads % queries;
    int b = row / heads / queries;
    delta[((size_t)b * heads + h) * queries + t] = sum;
  }
}

// Lanes are keys. v, then k, pass through one tile of shared memory.
template <int DIM, int WARPS, int PER_WARP>
__device__ __forceinline__ void query_gradient(const Attention& a, const float* q, const float* k,
                                               const float* v, const float* lse,
                                               const float* delta, const float* dy, float* dq) {
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
      sum[i].add(seen ? p * (ds[i] - delta[statistic]) : 0.0f, tile, STRIDE, a.dim);
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
template <int DIM, int WARPS, int PER_WARP>
__device__ __forceinline__ void key_gradients(const Attention& a, const float* q, const float* k,
                                              const float* v, const float* lse,
                                              const float* delta, const float* dy, float* dk,
                                              float* dv) {
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
  size_t query_step = (size_t)a.heads * a.dim;
  size_t start = a.key_row(b, j0, g);
  copy_rows(k + start, (size_t)a.groups * a.dim, count, KEYS, a.dim, 1.0f, k_rows, DIM);
  copy_rows(v + start, (size_t)a.groups * a.dim, count, KEYS, a.dim, 1.0f, v_rows, DIM);
  RowSum<DIM> k_sum[PER_WARP];
  RowSum<DIM> v_sum[PER_WARP];
  int first_query = max(0, j0 - a.offset);  // earlier ones see none of these keys, nor do later ones
  int end = a.window == 0 ? a.queries : min(a.queries, j0 + count + a.window - 1 - a.offset);
  for (int h = g * sharing; h < (g + 1) * sharing; h++) {
    for (int t0 = first_query; t0 < end; t0 += TILE) {
      int exist = min(TILE, a.queries - t0);
      int t = min(t0 + lane(), a.queries - 1);
      int first = a.first_key(b, t);
      int last = lane() < exist ? a.offset + t : -1;
      size_t statistic = a.statistic(b, h, t);
      size_t rows = a.query_row(b, t0, h);
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
        p[i] = row < count && j >= first && j <= last ? expf(score - lse[statistic]) : 0.0f;
      }
      __syncthreads();
      copy_rows(dy + rows, query_step, exist, TILE, a.dim, 1.0f, tile, STRIDE);
      __syncthreads();
#pragma unroll
      for (int i = 0; i < PER_WARP; i++) {
        int row = warp() * PER_WARP + i;
        float dp = dot(v_rows + row * DIM, tile + lane() * STRIDE, a.dim);
        ds[i] = p[i] == 0.0f ? 0.0f : p[i] * (dp - delta[statistic]);
        v_sum[i].add(p[i], tile, STRIDE, a.dim);
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

#define BACKWARD(DIM, WARPS, PER_WARP)                                                           \
  extern "C" __global__ void __launch_bounds__(WARPS * WARP)                                     \
      attention_backward_queries_##DIM##_f32(                                                    \
          const float* q, const float* k, const float* v, const int* starts, const float* lse,   \
          const float* delta, const float* dy, float* dq, int queries, int keys, int heads,      \
          int groups, int dim, int offset, int window, float scale) {                            \
    Attention a = {starts, queries, keys, heads, groups, dim, offset, window, scale};            \
    query_gradient<DIM, WARPS, PER_WARP>(a, q, k, v, lse, delta, dy, dq);                        \
  }                                                                                              \
  extern "C" __global__ void __launch_bounds__(WARPS * WARP)                                     \
      attention_backward_keys_##DIM##_f32(                                                       \
          const float* q, const float* k, const float* v, const int* starts, const float* lse,   \
          const float* delta, const float* dy, float* dk, float* dv, int queries, int keys,      \
          int heads, int groups, int dim, int offset, int window, float scale) {                 \
    Attention a = {starts, queries, keys, heads, groups, dim, offset, window, scale};            \
    key_gradients<DIM, WARPS, PER_WARP>(a, q, k, v, lse, delta, dy, dk, dv);                     \
  }

// For head dimensions D up to the first number.
BACKWARD(32, 8, 4)
BACKWARD(64, 8, 4)
BACKWARD(128, 8, 2)
BACKWARD(256, 4, 1)
