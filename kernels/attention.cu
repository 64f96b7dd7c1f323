// Causal scaled dot-product attention with grouped queries, a sliding window, and a cache.
//
//   query t sees key j where   max(starts[b,t], offset + t - window + 1) <= j <= offset + t
//   s[t,j] = scale·Σ_d q[t,d]·k[j,d]        head h reads k and v of group h/(H/G)
//   lse[t] = log Σ_j e^s[t,j]               y[t] = Σ_j e^(s[t,j] - lse[t])·v[j]
//
// q, y [B,T,H,D], k, v [B,S,G,D], starts [B,T] or null, lse [B,H,T]. A query that sees nothing has
// y = 0 and lse = -inf. Vaswani et al., 2017; Ainslie et al., "GQA", 2023.
//
// Version 1, naive: three passes over the keys, and the scores of a query computed three times.
// Version 2, flash (Dao, "FlashAttention-2", 2023, algorithm 1): tiles of 32 keys with a running
// maximum and sum, so that no score is computed twice and none is stored.
// decode: one query per sequence; the warps of a block share the keys and join their sums.
#include "attention_forward.cuh"

// Version 1. One thread per query of a head: blocks of 256, ceil(B·T·H / 256) blocks.
extern "C" __global__ void attention_naive_f32(const float* q, const float* k, const float* v,
                                               const int* starts, float* y, float* lse, int n,
                                               int queries, int keys, int heads, int groups,
                                               int dim, int offset, int window, float scale) {
  __builtin_assume(dim > 0);  // operations refuse heads without dimensions
  Attention a = {starts, queries, keys, heads, groups, dim, offset, window, scale};
  int thread = blockIdx.x * blockDim.x + threadIdx.x;
  if (thread >= n) {
    return;
  }
  int h = thread % heads;
  int t = thread / heads % queries;
  int b = thread / heads / queries;
  int g = h / (heads / groups);
  const float* query = q + a.query_row(b, t, h);
  int first = a.first_key(b, t);
  float max = -INFINITY;
  for (int j = first; j <= offset + t; j++) {
    max = larger(max, scale * dot(query, k + a.key_row(b, j, g), dim));
  }
  float sum = 0.0f;
  for (int j = first; j <= offset + t; j++) {
    sum += expf(scale * dot(query, k + a.key_row(b, j, g), dim) - max);
  }
  float* out = y + a.query_row(b, t, h);
  for (int d = 0; d < dim; d++) {
    out[d] = 0.0f;
  }
  for (int j = first; j <= offset + t; j++) {
    float p = expf(scale * dot(query, k + a.key_row(b, j, g), dim) - max) / sum;
    const float* value = v + a.key_row(b, j, g);
    for (int d = 0; d < dim; d++) {
      out[d] += p * value[d];
    }
  }
  lse[a.statistic(b, h, t)] = max + logf(sum);
}

#define FLASH(NAME, DIM, WARPS, PER_WARP)                                                        \
  extern "C" __global__ void __launch_bounds__(WARPS * WARP)                                     \
      NAME(const float* q, const float* k, const float* v, const int* starts, float* y,          \
           float* lse, int queries, int keys, int heads, int groups, int dim, int offset,        \
           int window, float scale) {                                                            \
    Attention a = {starts, queries, keys, heads, groups, dim, offset, window, scale};            \
    flash<DIM, WARPS, PER_WARP>(a, AllWeights{}, q, k, v, y, lse);                               \
  }

// For head dimensions D up to the number in the name.
FLASH(attention_forward_32_f32, 32, 8, 4)
FLASH(attention_forward_64_f32, 64, 8, 4)
FLASH(attention_forward_128_f32, 128, 8, 4)
FLASH(attention_forward_256_f32, 256, 8, 1)

// One query: warp w takes the tiles of keys w, w + 8, ...; then warp 0 joins the eight states.
template <int DIM>
__device__ __forceinline__ void decode(const Attention& a, const float* q, const float* k,
                                       const float* v, float* y, float* lse) {
  a.assume_not_empty(DIM);
  constexpr int WARPS = 8;
  __shared__ float query[DIM];
  __shared__ float sums[WARPS][DIM];
  __shared__ Online norms[WARPS];
  int b = blockIdx.y;
  int h = blockIdx.x;
  int g = h / (a.heads / a.groups);
  copy_rows(q + a.query_row(b, 0, h), a.dim, 1, 1, a.dim, a.scale, query, DIM);
  __syncthreads();
  size_t step = (size_t)a.groups * a.dim;
  Query<DIM> state;
  for (int j0 = a.first_key(b, 0) + warp() * TILE; j0 <= a.offset; j0 += WARPS * TILE) {
    int j = j0 + lane();
    const float* key = k + a.key_row(b, min(j, a.offset), g);
    float score = dot(query, key, a.dim);
    float weight = state.weigh(j <= a.offset ? score : -INFINITY);
    const float* values = v + a.key_row(b, j0, g);
#pragma unroll 1
    for (int i = 0; i < min(TILE, a.offset + 1 - j0); i++) {
      float w = __shfl_sync(ALL, weight, i);
#pragma unroll
      for (int part = 0; part < DIM / WARP; part++) {
        int d = lane() + part * WARP;
        if (d < a.dim) {
          state.sum.v[part] = fmaf(w, values[i * step + d], state.sum.v[part]);
        }
      }
    }
  }
  if (lane() == 0) {
    norms[warp()] = state.norm;
  }
  state.sum.write(sums[warp()], 1.0f, a.dim);
  __syncthreads();
  if (warp() == 0) {
    Query<DIM> all;
    for (int w = 0; w < WARPS; w++) {
      all.norm.merge(norms[w].m, norms[w].s);
    }
    for (int w = 0; w < WARPS; w++) {
      float share = norms[w].m == -INFINITY ? 0.0f : expf(norms[w].m - all.norm.m);
#pragma unroll
      for (int part = 0; part < DIM / WARP; part++) {
        int d = lane() + part * WARP;
        if (d < a.dim) {
          all.sum.v[part] = fmaf(share, sums[w][d], all.sum.v[part]);
        }
      }
    }
    all.write(y + a.query_row(b, 0, h), lse + a.statistic(b, h, 0), a.dim);
  }
}

#define DECODE(NAME, DIM)                                                                        \
  extern "C" __global__ void __launch_bounds__(256, 2)                                           \
      NAME(const float* q, const float* k, const float* v, const int* starts, float* y,          \
           float* lse, int queries, int keys, int heads, int groups, int dim, int offset,        \
           int window, float scale) {                                                            \
    Attention a = {starts, queries, keys, heads, groups, dim, offset, window, scale};            \
    decode<DIM>(a, q, k, v, y, lse);                                                             \
  }

// T = 1: blocks of 256 threads, H x B blocks; for D up to the number in the name.
DECODE(attention_decode_32_f32, 32)
DECODE(attention_decode_64_f32, 64)
DECODE(attention_decode_128_f32, 128)
DECODE(attention_decode_256_f32, 256)
