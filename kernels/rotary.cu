// Rotary position embedding (Su et al., "RoFormer", 2021, equation 34), from tables.
//
//   p = positions[token]     c = cos[p,i]     s = sign·sin[p,i]     i = 0 .. half-1
//   y[i]      (+)= x[i]·c - x[i+half]·s
//   y[i+half] (+)= x[i+half]·c + x[i]·s
//   y[r]      (+)= x[r]                                             r = 2·half .. D-1
//
// x, y [tokens, H, D], cos, sin [P, half], positions [tokens]; sign is 1, or -1 for the inverse,
// which is the gradient. A position outside the tables makes its token NaN.
//
// One thread per pair or untouched element: blocks of 256, ceil(tokens·H·(D - half) / 256) blocks.
// 8 bytes per element, the tables being in the cache; 12 if it adds.

extern "C" __global__ void rotary_forward_f32(const float* x, const float* cos, const float* sin,
                                              const int* positions, float* y, int n, int heads,
                                              int columns, int half, int table, float sign,
                                              int accumulate) {
  int thread = blockIdx.x * blockDim.x + threadIdx.x;
  if (thread >= n) {
    return;
  }
  int per_row = columns - half;
  int row = thread / per_row;
  int i = thread % per_row;
  int p = positions[row / heads];
  bool exists = p >= 0 && p < table;
  x += (size_t)row * columns;
  y += (size_t)row * columns;
  if (i < half) {
    size_t entry = (size_t)(exists ? p : 0) * half + i;
    float c = exists ? cos[entry] : NAN;
    float s = sign * sin[entry];
    float low = x[i] * c - x[i + half] * s;
    float high = x[i + half] * c + x[i] * s;
    y[i] = accumulate ? y[i] + low : low;
    y[i + half] = accumulate ? y[i + half] + high : high;
  } else {
    int r = i + half;
    y[r] = accumulate ? y[r] + x[r] : x[r];
  }
}
