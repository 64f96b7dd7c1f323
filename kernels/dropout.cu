// Dropout (Srivastava et al., 2014): each element is zeroed with probability p.
//
//   keep[i] = bits(key, stream, i) / 2^8 >= threshold         threshold = ceil(p·2^24)
//   y[i]    = keep[i] ? x[i]·scale : 0                        scale = 1/(1 - p)
//
// The gradient is the same function of dy: the mask is computed again, not stored. One Philox block
// serves the four elements of a thread. The key changes from step to step and lies in memory, so
// that a launch can be repeated as it is. Grid rule: see pack.cuh. 8 bytes per element.
#include "pack.cuh"
#include "philox.cuh"

extern "C" __global__ void dropout_forward_f32(const float* x, float* y, int n,
                                               const unsigned long long* key,
                                               unsigned long long stream, unsigned threshold,
                                               float scale) {
  int thread = blockIdx.x * blockDim.x + threadIdx.x;
  uint4 random = philox(*key, stream, thread);
  unsigned bits[PER_THREAD] = {random.x, random.y, random.z, random.w};
  int first = thread * PER_THREAD;
  if (first <= n - PER_THREAD) {
    Pack<4> a = load<4>(x + first);
#pragma unroll
    for (int k = 0; k < PER_THREAD; k++) {
      a.v[k] = bits[k] >> 8 >= threshold ? a.v[k] * scale : 0.0f;
    }
    store(y + first, a);
    return;
  }
#pragma unroll
  for (int k = 0; k < PER_THREAD - 1; k++) {
    if (first + k < n) {
      y[first + k] = bits[k] >> 8 >= threshold ? x[first + k] * scale : 0.0f;
    }
  }
}
