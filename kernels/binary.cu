// Element by element, with the second operand repeated over the leading axes of the first.
//
//   add  z[i] = x[i] + y[i mod period]        mul  z[i] = x[i]·y[i mod period]
//
// x, z of n elements, y of `period`, which divides n. Grid rule: see pack.cuh. 12 bytes per element,
// or 8 where y is short and stays in the cache.
#include "pack.cuh"

// Four elements of y where four of x lie in one period, else one by one.
template <class Apply>
__device__ __forceinline__ void binary(const float* x, const float* y, float* z, int n, int period,
                                       Apply apply) {
  each(n, [=](int i, auto width) {
    constexpr int N = decltype(width)::value;
    Pack<N> a = load<N>(x + i);
    Pack<N> b;
    if (period % N == 0) {
      b = load<N>(y + i % period);
    } else {
#pragma unroll
      for (int k = 0; k < N; k++) {
        b.v[k] = y[(i + k) % period];
      }
    }
#pragma unroll
    for (int k = 0; k < N; k++) {
      a.v[k] = apply(a.v[k], b.v[k]);
    }
    store(z + i, a);
  });
}

extern "C" __global__ void add_forward_f32(const float* x, const float* y, float* z, int n,
                                           int period) {
  binary(x, y, z, n, period, [](float a, float b) { return a + b; });
}

extern "C" __global__ void mul_forward_f32(const float* x, const float* y, float* z, int n,
                                           int period) {
  binary(x, y, z, n, period, [](float a, float b) { return a * b; });
}
