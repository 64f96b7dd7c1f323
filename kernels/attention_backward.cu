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
#include "attention_gradients.cuh"

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

#define BACKWARD(DIM, WARPS, PER_WARP)                                                           \
  extern "C" __global__ void __launch_bounds__(WARPS * WARP)                                     \
      attention_backward_queries_##DIM##_f32(                                                    \
          const float* q, const float* k, const float* v, const int* starts, const float* lse,   \
          const float* delta, const float* dy, float* dq, int queries, int keys, int heads,      \
          int groups, int dim, int offset, int window, float scale) {                            \
    Attention a = {starts, queries, keys, heads, groups, dim, offset, window, scale};            \
    query_gradient<DIM, WARPS, PER_WARP>(a, AllWeights{}, q, k, v, lse, delta, dy, dq);          \
  }                                                                                              \
  extern "C" __global__ void __launch_bounds__(WARPS * WARP)                                     \
      attention_backward_keys_##DIM##_f32(                                                       \
          const float* q, const float* k, const float* v, const int* starts, const float* lse,   \
          const float* delta, const float* dy, float* dk, float* dv, int queries, int keys,      \
          int heads, int groups, int dim, int offset, int window, float scale) {                 \
    Attention a = {starts, queries, keys, heads, groups, dim, offset, window, scale};            \
    key_gradients<DIM, WARPS, PER_WARP>(a, AllWeights{}, q, k, v, lse, delta, dy, dk, dv);       \
  }

// For head dimensions D up to the first number.
BACKWARD(32, 8, 4)
BACKWARD(64, 8, 4)
BACKWARD(128, 8, 2)
BACKWARD(256, 4, 1)
