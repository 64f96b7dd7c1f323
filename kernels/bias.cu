// The bias of a product that a library computes: c[row,column] (+)= bias[column], before the product
// is added. Grid rule: one thread per element, blocks of 256, ceil(n / 256) blocks.

extern "C" __global__ void bias_rows_f32(const float* bias, float* c, int n, int columns,
                                         int accumulate) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) {
    float value = bias[i % columns];
    c[i] = accumulate ? c[i] + value : value;
  }
}
