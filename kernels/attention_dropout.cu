// attention.cu and attention_backward.cu with dropout of the weights p: each is zeroed with
// probability p, after the softmax, and the others are divided by 1 - p.
//
//   keep[t,j] = bits(key, stream, ((b·H + h)·T + t)·S' + j) / 2^8 >= threshold
//               S' = 4·ceil(S/4)
//   m[t,j]    = keep[t,j] ? 1/(1 - p) : 0
//   y[t]      = Σ_j m[t,j]·p[t,j]·v[j]         dv[j] = Σ_t m[t,j]·p[t,j]·dy[t]
//   ds[t,j]   = p[t,j]·(m[t,j]·Σ_d dy[t,d]·v[j,d] - delta[t])
//
// The factors m are computed again wherever they are needed, one Philox block for each, of which
// four neighbours take a word each; with the bits of the CPU. Grids are those without dropout.
#include "attention_forward.cuh"
#include "attention_gradients.cuh"
#include "philox.cuh"

struct SomeWeights {
  unsigned long long key;
  unsigned long long stream;
  unsigned threshold;  // ceil(p·2^24)
  float scale;         // 1/(1 - p)

  // Of the weight of key j in a row of [B,H,T].
  __device__ __forceinline__ float factor(size_t row, int j, int keys) const {
    uint4 words = philox(key, stream, row * ((keys + 3) / 4) + j / 4);
    unsigned low = j & 1 ? words.y : words.x;
    unsigned high = j & 1 ? words.w : words.z;
    return (j & 2 ? high : low) >> 8 >= threshold ? scale : 0.0f;
  }
};

#define FORWARD(DIM, WARPS, PER_WARP)                                                            \
  extern "C" __global__ void __launch_bounds__(WARPS * WARP, 2)                                  \
      attention_forward_dropout_##DIM##_f32(                                                     \
          const float* q, const float* k, const float* v, const int* starts, float* y,           \
          float* lse, int queries, int keys, int heads, int groups, int dim, int offset,         \
          int window, float scale, const unsigned long long* key, unsigned long long stream,     \
          unsigned threshold, float factor) {                                                    \
    Attention a = {starts, queries, keys, heads, groups, dim, offset, window, scale};            \
    flash<DIM, WARPS, PER_WARP>(a, SomeWeights{*key, stream, threshold, factor}, q, k, v, y,     \
                                lse);                                                            \
  }

#define BACKWARD(DIM, WARPS, PER_WARP)                                                           \
  extern "C" __global__ void __launch_bounds__(WARPS * WARP, 2)                                  \
      attention_backward_queries_dropout_##DIM##_f32(                                            \
          const float* q, const float* k, const float* v, const int* starts, const float* lse,   \
          const float* delta, const float* dy, float* dq, int queries, int keys, int heads,      \
          int groups, int dim, int offset, int window, float scale,                              \
          const unsigned long long* key, unsigned long long stream, unsigned threshold,          \
          float factor) {                                                                        \
    Attention a = {starts, queries, keys, heads, groups, dim, offset, window, scale};            \
    query_gradient<DIM, WARPS, PER_WARP>(a, SomeWeights{*key, stream, threshold, factor}, q, k,  \
                                         v, lse, delta, dy, dq);                                 \
  }                                                                                              \
  extern "C" __global__ void __launch_bounds__(WARPS * WARP, 2)                                  \
      attention_backward_keys_dropout_##DIM##_f32(                                               \
          const float* q, const float* k, const float* v, const int* starts, const float* lse,   \
          const float* delta, const float* dy, float* dk, float* dv, int queries, int keys,      \
          int heads, int groups, int dim, int offset, int window, float scale,                   \
          const unsigned long long* key, unsigned long long stream, unsigned threshold,          \
          float factor) {                                                                        \
    Attention a = {starts, queries, keys, heads, groups, dim, offset, window, scale};            \
    key_gradients<DIM, WARPS, PER_WARP>(a, SomeWeights{*key, stream, threshold, factor}, q, k,   \
                                        v, lse, delta, dy, dk, dv);                              \
  }

// For head dimensions D up to the number in the name.
FORWARD(32, 8, 4)
FORWARD(64, 8, 4)
FORWARD(128, 8, 4)
FORWARD(256, 8, 1)

BACKWARD(32, 8, 4)
BACKWARD(64, 8, 4)
BACKWARD(128, 8, 2)
BACKWARD(256, 4, 1)
