// The activation functions and their slopes.
//
//   GELU_TANH  u = sqrt(2/pi)·(x + 0.044715·x³)   y = x·s(2u)
//              y' = s + x·s·(1 - s)·2u'           u' = sqrt(2/pi)·(1 + 3·0.044715·x²)
//   GELU_ERF   y = x·P(x)                         P(x) = erfc(-x/sqrt(2))/2
//              y' = P(x) + x·e^(-x²/2)/sqrt(2·pi)
//   SILU       y = x·s(x)                         y' = s + x·s·(1 - s)
//
// s is the sigmoid. Hendrycks, Gimpel, 2016, section 2; Elfwing, Uchibe, Doya, 2017, equation 5.
#pragma once

enum Activation { GELU_TANH = 0, GELU_ERF = 1, SILU = 2 };

constexpr float GELU_SCALE = 1.5957691216057308f;   // 2·sqrt(2/pi)
constexpr float GELU_CUBE = 0.07135481627159562f;   // 2·sqrt(2/pi)·0.044715
constexpr float SQRT_HALF = 0.7071067811865476f;
constexpr float NORMAL_PEAK = 0.3989422804014327f;  // 1/sqrt(2·pi)

// The sigmoid has reached 0 or 1 for x² beyond, where u' of an unbounded x would be infinite.
constexpr float SATURATED_SQUARE = 144.0f;

__device__ __forceinline__ float sigmoid(float x) { return 1.0f / (1.0f + expf(-x)); }

__device__ __forceinline__ float normal_cdf(float x) { return 0.5f * erfcf(-x * SQRT_HALF); }

__device__ __forceinline__ float activate(Activation kind, float x) {
  switch (kind) {
    case GELU_TANH:
      return x * sigmoid(x * (GELU_SCALE + GELU_CUBE * x * x));
    case GELU_ERF:
      return x * normal_cdf(x);
    default:
      return x * sigmoid(x);
  }
}

__device__ __forceinline__ float slope(Activation kind, float x) {
  switch (kind) {
    case GELU_TANH: {
      float square = fminf(x * x, SATURATED_SQUARE);
      float s = sigmoid(x * (GELU_SCALE + GELU_CUBE * square));
      return s + x * (GELU_SCALE + 3.0f * GELU_CUBE * square) * s * (1.0f - s);
    }
    case GELU_ERF:
      return normal_cdf(x) + x * (NORMAL_PEAK * expf(-0.5f * x * x));
    default: {
      float s = sigmoid(x);
      return s + x * s * (1.0f - s);
    }
  }
}
