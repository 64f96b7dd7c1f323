// One step of Adam with decoupled weight decay (Loshchilov, Hutter, 2019, algorithm 2), in place.
//
//   g <- grad_scale·g
//   m <- m + (1 - beta1)·(g - m)          v <- beta2·v + (1 - beta2)·g²
//   p <- p·decay - step_size·m / (sqrt(v)·inverse_root_correction + eps)
//
// g, p, m, v of n F32 elements: p is the master copy. If copy is not null, it receives p rounded to
// bf16 for the matrix products. The factors change from step to step and lie in memory, so that a
// launch can be repeated as it is. Grid rule: see pack.cuh. 28 bytes per element, 30 with a copy.
#include "half.cuh"
#include "pack.cuh"

// In the order of class AdamW.
struct Factors {
  float grad_scale, decay, one_minus_beta1, beta2, one_minus_beta2, inverse_root_correction, eps,
      step_size;
};

extern "C" __global__ void adam_w_update_f32(const float* g, float* p, float* m, float* v,
                                             unsigned short* copy, const Factors* factors, int n) {
  const Factors f = *factors;
  each(n, [=](int i, auto width) {
    constexpr int N = decltype(width)::value;
    Pack<N> gradient = load<N>(g + i);
    Pack<N> first = load<N>(m + i);
    Pack<N> second = load<N>(v + i);
    Pack<N> parameter = load<N>(p + i);
#pragma unroll
    for (int k = 0; k < N; k++) {
      float d = gradient.v[k] * f.grad_scale;
      first.v[k] += f.one_minus_beta1 * (d - first.v[k]);
      second.v[k] = f.beta2 * second.v[k] + f.one_minus_beta2 * d * d;
      float denominator = sqrtf(second.v[k]) * f.inverse_root_correction + f.eps;
      parameter.v[k] = parameter.v[k] * f.decay - f.step_size * (first.v[k] / denominator);
    }
    store(m + i, first);
    store(v + i, second);
    store(p + i, parameter);
    if (copy != nullptr) {
#pragma unroll
      for (int k = 0; k < N; k++) {
        copy[i + k] = to_bf16(parameter.v[k]);
      }
    }
  });
}
