// The same numbers in another type, rounded to nearest even. The gradient is cast back.
//
// Grid rule: one thread per pair of elements, blocks of 256, ceil(n / 512) blocks: 8 bytes of F32
// and 4 bytes of 16-bit words per thread. 6 bytes per element.
#include "half.cuh"

template <class Convert>
__device__ __forceinline__ void narrow(const float* x, unsigned short* y, int n, Convert convert) {
  int i = 2 * (blockIdx.x * blockDim.x + threadIdx.x);
  if (i + 1 < n) {
    float2 a = *reinterpret_cast<const float2*>(x + i);
    *reinterpret_cast<ushort2*>(y + i) = make_ushort2(convert(a.x), convert(a.y));
  } else if (i < n) {
    y[i] = convert(x[i]);
  }
}

template <class Convert>
__device__ __forceinline__ void widen(const unsigned short* x, float* y, int n, Convert convert) {
  int i = 2 * (blockIdx.x * blockDim.x + threadIdx.x);
  if (i + 1 < n) {
    ushort2 a = *reinterpret_cast<const ushort2*>(x + i);
    *reinterpret_cast<float2*>(y + i) = make_float2(convert(a.x), convert(a.y));
  } else if (i < n) {
    y[i] = convert(x[i]);
  }
}

extern "C" __global__ void cast_f32_bf16(const float* x, unsigned short* y, int n) {
  narrow(x, y, n, [](float a) { return to_bf16(a); });
}

extern "C" __global__ void cast_f32_f16(const float* x, unsigned short* y, int n) {
  narrow(x, y, n, [](float a) { return to_f16(a); });
}

extern "C" __global__ void cast_bf16_f32(const unsigned short* x, float* y, int n) {
  widen(x, y, n, [](unsigned short a) { return from_bf16(a); });
}

extern "C" __global__ void cast_f16_f32(const unsigned short* x, float* y, int n) {
  widen(x, y, n, [](unsigned short a) { return from_f16(a); });
}
