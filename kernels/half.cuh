// bf16 and f16 as 16-bit words, converted with rounding to nearest even.
#pragma once

// bf16 is the upper half of an F32: widening is a shift.
__device__ __forceinline__ float from_bf16(unsigned short word) {
  return __uint_as_float((unsigned)word << 16);
}

// Adds half of the last place, less one where the result would be odd; a NaN stays one.
__device__ __forceinline__ unsigned short to_bf16(float x) {
  unsigned bits = __float_as_uint(x);
  if ((bits & 0x7fffffffu) > 0x7f800000u) {
    return (unsigned short)(bits >> 16 | 0x40u);
  }
  return (unsigned short)((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}

__device__ __forceinline__ float from_f16(unsigned short word) {
  float x;
  asm("cvt.f32.f16 %0, %1;" : "=f"(x) : "h"(word));
  return x;
}

__device__ __forceinline__ unsigned short to_f16(float x) {
  unsigned short word;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(word) : "f"(x));
  return word;
}
