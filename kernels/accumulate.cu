// y += x: how two gradients of one tensor are added. Grid rule: see pack.cuh. 12 bytes per element.
#include "pack.cuh"

extern "C" __global__ void accumulate_f32(const float* x, float* y, int n) {
  each(n, [=](int i, auto width) {
    constexpr int N = decltype(width)::value;
    Pack<N> a = load<N>(x + i);
    Pack<N> b = load<N>(y + i);
#pragma unroll
    for (int k = 0; k < N; k++) {
      b.v[k] += a.v[k];
    }
    store(y + i, b);
  });
}
