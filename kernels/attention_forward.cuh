// The forward pass of attention by tiles, see attention.cu, with and without dropout of weights.
#pragma once
#include "attention.cuh"

// The state of one query: m and l of the keys so far, and the sum of values that they weigh.
template <int DIM>
struct Query {
  Online norm;
  RowSum<DIM> sum;

  // Takes a tile of keys, of which this lane has one score; -inf where the key is not seen. Returns
  // the weight of this lane's value.
  __device__ __forceinline__ float weigh(float score) {
    float m = larger(norm.m, warp_max(score));
    float weight = m == -INFINITY ? 0.0f : expf(score - m);
    float decay = m == -INFINITY ? 1.0f : expf(norm.m - m);
    norm.s = norm.s * decay + warp_sum(weight);
    norm.m = m;
    sum.scale(decay);
    return weight;
  }

  __device__ __forceinline__ void write(float* y, float* lse, int dim) const {
    sum.write(y, norm.s > 0.0f ? 1.0f / norm.s : (norm.s == 0.0f ? 0.0f : NAN), dim);
    if (lane() == 0) {
      *lse = norm.m + logf(norm.s);
    }
  }
};

// Version 2. A block has WARPS·PER_WARP queries of one head: blocks of 32·WARPS threads,
// ceil(T / (WARPS·PER_WARP)) x H x B blocks. Lanes are keys for the scores, and dimensions for the
// sums of values; weights are multiplied by their factors after they are summed. The row stride of
// a tile of keys is D + 1: lanes then read different banks.
template <int DIM, int WARPS, int PER_WARP, class Weights>
__device__ __forceinline__ void flash(const Attention& a, const Weights& weights, const float* q,
                                      const float* k, const float* v, float* y, float* lse) {
  a.assume_not_empty(DIM);
  constexpr int QUERIES = WARPS * PER_WARP;
  constexpr int STRIDE = DIM + 1;
  __shared__ float rows[QUERIES * DIM];
  __shared__ float tile[TILE * STRIDE];
  int b = blockIdx.z;
  int h = blockIdx.y;
  int g = h / (a.heads / a.groups);
  int t0 = blockIdx.x * QUERIES;
  int count = min(QUERIES, a.queries - t0);
  __builtin_assume(count > 0);
  copy_rows(q + a.query_row(b, t0, h), (size_t)a.heads * a.dim, count, QUERIES, a.dim, a.scale,
            rows, DIM);
  int from = a.offset + t0 + count;
#pragma unroll 1
  for (int i = 0; i < count; i++) {
    from = min(from, a.first_key(b, t0 + i));
  }
  int to = a.offset + t0 + count;
  Query<DIM> state[PER_WARP];
  for (int j0 = from; j0 < to; j0 += TILE) {
    int exist = min(TILE, to - j0);
    size_t step = (size_t)a.groups * a.dim;
    __syncthreads();  // the tile before has been read, and the queries are there
    copy_rows(k + a.key_row(b, j0, g), step, exist, TILE, a.dim, 1.0f, tile, STRIDE);
    __syncthreads();
    float weight[PER_WARP];
#pragma unroll
    for (int i = 0; i < PER_WARP; i++) {
      int row = warp() * PER_WARP + i;
      int t = t0 + row;
      int j = j0 + lane();
      bool seen = row < count && j >= a.first_key(b, min(t, a.queries - 1)) && j <= a.offset + t;
      float score = dot(rows + row * DIM, tile + lane() * STRIDE, a.dim);
      weight[i] = state[i].weigh(seen ? score : -INFINITY);
      weight[i] *= weights.factor(a.statistic(b, h, t), j, a.keys);
    }
    __syncthreads();
    copy_rows(v + a.key_row(b, j0, g), step, exist, TILE, a.dim, 1.0f, tile, STRIDE);
    __syncthreads();
#pragma unroll
    for (int i = 0; i < PER_WARP; i++) {
      state[i].sum.add(weight[i], tile, STRIDE, a.dim);
    }
  }
#pragma unroll
  for (int i = 0; i < PER_WARP; i++) {
    int t = t0 + warp() * PER_WARP + i;
    if (t < a.queries) {
      state[i].write(y + a.query_row(b, t, h), lse + a.statistic(b, h, t), a.dim);
    }
  }
}
