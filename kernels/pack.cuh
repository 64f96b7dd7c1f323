// Consecutive floats that move together: 16 bytes at a time where a row allows it.
//
// A warp that reads 16 bytes per lane fetches 512 contiguous bytes with one instruction, which is
// what memory-bound kernels live on. Buffers are 64-byte aligned, so rows of a multiple of 4
// elements are 16-byte aligned; all others move element by element.
#pragma once

template <int N>
struct Pack {
  float v[N];
};

template <int N>
__device__ __forceinline__ Pack<N> load(const float* p) {
  Pack<N> pack;
  if constexpr (N == 4) {
    float4 four = *reinterpret_cast<const float4*>(p);
    pack.v[0] = four.x;
    pack.v[1] = four.y;
    pack.v[2] = four.z;
    pack.v[3] = four.w;
  } else {
    static_assert(N == 1, "one element or four");
    pack.v[0] = *p;
  }
  return pack;
}

template <int N>
__device__ __forceinline__ void store(float* p, const Pack<N>& pack) {
  if constexpr (N == 4) {
    *reinterpret_cast<float4*>(p) = make_float4(pack.v[0], pack.v[1], pack.v[2], pack.v[3]);
  } else {
    static_assert(N == 1, "one element or four");
    *p = pack.v[0];
  }
}

template <int N>
struct Width {
  static constexpr int value = N;
};

// Elements of one thread in an element-wise kernel. Grid rule of all of them: one-dimensional
// blocks of 256 threads, ceil(n / 1024) blocks.
constexpr int PER_THREAD = 4;

// Calls body(i, Width<4>) for the four elements of this thread, or body(i, Width<1>) for each of
// the last ones.
template <class Body>
__device__ __forceinline__ void each(int n, Body body) {
  int i = (blockIdx.x * blockDim.x + threadIdx.x) * PER_THREAD;
  if (i <= n - PER_THREAD) {
    body(i, Width<4>());
  } else {
#pragma unroll 1  // at most three: no copy for four at a time
    for (; i < n; i++) {
      body(i, Width<1>());
    }
  }
}
