// Activations, element by element; see activation.cuh.
//
//   y = f(x)        dx (+)= dy·f'(x)
//
// Grid rule: see pack.cuh. Bytes per element: forward 8, backward 12, or 16 if it adds.
#include "activation.cuh"
#include "pack.cuh"

template <Activation KIND>
__device__ __forceinline__ void forward(const float* x, float* y, int n) {
  each(n, [=](int i, auto width) {
    constexpr int N = decltype(width)::value;
    Pack<N> a = load<N>(x + i);
#pragma unroll
    for (int k = 0; k < N; k++) {
      a.v[k] = activate(KIND, a.v[k]);
    }
    store(y + i, a);
  });
}

template <Activation KIND>
__device__ __forceinline__ void backward(const float* x, const float* dy, float* dx, int n,
                                         int accumulate) {
  each(n, [=](int i, auto width) {
    constexpr int N = decltype(width)::value;
    Pack<N> a = load<N>(x + i);
    Pack<N> d = load<N>(dy + i);
    Pack<N> before = accumulate ? load<N>(dx + i) : Pack<N>{};
#pragma unroll
    for (int k = 0; k < N; k++) {
      before.v[k] += d.v[k] * slope(KIND, a.v[k]);
    }
    store(dx + i, before);
  });
}

extern "C" __global__ void gelu_tanh_forward_f32(const float* x, float* y, int n) {
  forward<GELU_TANH>(x, y, n);
}

extern "C" __global__ void gelu_erf_forward_f32(const float* x, float* y, int n) {
  forward<GELU_ERF>(x, y, n);
}

extern "C" __global__ void silu_forward_f32(const float* x, float* y, int n) {
  forward<SILU>(x, y, n);
}

extern "C" __global__ void gelu_tanh_backward_f32(const float* x, const float* dy, float* dx, int n,
                                                  int accumulate) {
  backward<GELU_TANH>(x, dy, dx, n, accumulate);
}

extern "C" __global__ void gelu_erf_backward_f32(const float* x, const float* dy, float* dx, int n,
                                                 int accumulate) {
  backward<GELU_ERF>(x, dy, dx, n, accumulate);
}

extern "C" __global__ void silu_backward_f32(const float* x, const float* dy, float* dx, int n,
                                             int accumulate) {
  backward<SILU>(x, dy, dx, n, accumulate);
}
