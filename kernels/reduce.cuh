// Sums and maxima over a warp and over a block, in a fixed order: a run repeats bit by bit.
#pragma once

constexpr int WARP = 32;
constexpr unsigned ALL = 0xffffffffu;

__device__ __forceinline__ int lane() { return threadIdx.x % WARP; }

__device__ __forceinline__ int warp() { return threadIdx.x / WARP; }

// The sum over the lanes, in every lane: a butterfly of five exchanges.
__device__ __forceinline__ float warp_sum(float v) {
#pragma unroll
  for (int distance = WARP / 2; distance > 0; distance /= 2) {
    v += __shfl_xor_sync(ALL, v, distance);
  }
  return v;
}

// The larger of two, and NaN if one of them is: fmaxf would forget it, and a model that computes
// NaN must say so.
__device__ __forceinline__ float larger(float a, float b) { return a < b || isnan(b) ? b : a; }

__device__ __forceinline__ float warp_max(float v) {
#pragma unroll
  for (int distance = WARP / 2; distance > 0; distance /= 2) {
    v = larger(v, __shfl_xor_sync(ALL, v, distance));
  }
  return v;
}

// The sum over a block of WARPS·32 threads, in every thread.
template <int WARPS>
__device__ __forceinline__ float block_sum(float v) {
  __shared__ float partial[WARPS];
  v = warp_sum(v);
  if (lane() == 0) {
    partial[warp()] = v;
  }
  __syncthreads();
  v = warp_sum(lane() < WARPS ? partial[lane()] : 0.0f);
  __syncthreads();  // before partial is used again
  return v;
}

// A maximum m and the sum s = Σ e^(x - m) of what has been seen so far, in one pass over the data.
// Milakov, Gimelshein, "Online normalizer calculation for softmax", 2018, algorithm 3.
struct Online {
  float m = -INFINITY;
  float s = 0.0f;

  __device__ __forceinline__ void add(float x) { merge(x, 1.0f); }

  __device__ __forceinline__ void merge(float other_m, float other_s) {
    float max = larger(m, other_m);
    if (max != -INFINITY) {  // else nothing but -inf so far, and -inf - -inf is no number
      s = s * expf(m - max) + other_s * expf(other_m - max);
    }
    m = max;
  }
};

// A warp's Online, in every lane.
__device__ __forceinline__ Online warp_online(Online o) {
#pragma unroll
  for (int distance = WARP / 2; distance > 0; distance /= 2) {
    float m = __shfl_xor_sync(ALL, o.m, distance);
    float s = __shfl_xor_sync(ALL, o.s, distance);
    o.merge(m, s);
  }
  return o;
}

// A block's Online, in every thread.
template <int WARPS>
__device__ __forceinline__ Online block_online(Online o) {
  __shared__ float maxima[WARPS];
  __shared__ float sums[WARPS];
  o = warp_online(o);
  if (lane() == 0) {
    maxima[warp()] = o.m;
    sums[warp()] = o.s;
  }
  __syncthreads();
  Online all;
  if (lane() < WARPS) {
    all.m = maxima[lane()];
    all.s = sums[lane()];
  }
  all = warp_online(all);
  __syncthreads();  // before the arrays are used again
  return all;
}
