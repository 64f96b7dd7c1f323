// Gated linear units (Shazeer, 2020, equation 5); f is silu or the tanh form of gelu.
//
//   y = f(gate)·up       dgate = dy·up·f'(gate)       dup = dy·f(gate)
//
// Grid rule: see pack.cuh. Bytes per element: forward 12, backward 20.
#include "activation.cuh"
#include "pack.cuh"

template <Activation KIND>
__device__ __forceinline__ void forward(const float* gate, const float* up, float* y, int n) {
  each(n, [=](int i, auto width) {
    constexpr int N = decltype(width)::value;
    Pack<N> g = load<N>(gate + i);
    Pack<N> u = load<N>(up + i);
#pragma unroll
    for (int k = 0; k < N; k++) {
      u.v[k] *= activate(KIND, g.v[k]);
    }
    store(y + i, u);
  });
}

template <Activation KIND>
__device__ __forceinline__ void backward(const float* gate, const float* up, const float* dy,
                                         float* dgate, float* dup, int n) {
  each(n, [=](int i, auto width) {
    constexpr int N = decltype(width)::value;
    Pack<N> g = load<N>(gate + i);
    Pack<N> u = load<N>(up + i);
    Pack<N> d = load<N>(dy + i);
    Pack<N> dg;
    Pack<N> du;
#pragma unroll
    for (int k = 0; k < N; k++) {
      dg.v[k] = d.v[k] * u.v[k] * slope(KIND, g.v[k]);
      du.v[k] = d.v[k] * activate(KIND, g.v[k]);
    }
    store(dgate + i, dg);
    store(dup + i, du);
  });
}

extern "C" __global__ void swiglu_forward_f32(const float* gate, const float* up, float* y, int n) {
  forward<SILU>(gate, up, y, n);
}

extern "C" __global__ void geglu_forward_f32(const float* gate, const float* up, float* y, int n) {
  forward<GELU_TANH>(gate, up, y, n);
}

extern "C" __global__ void swiglu_backward_f32(const float* gate, const float* up, const float* dy,
                                               float* dgate, float* dup, int n) {
  backward<SILU>(gate, up, dy, dgate, dup, n);
}

extern "C" __global__ void geglu_backward_f32(const float* gate, const float* up, const float* dy,
                                              float* dgate, float* dup, int n) {
  backward<GELU_TANH>(gate, up, dy, dgate, dup, n);
}
