// The sum over rows, which is the gradient of a bias.
//
//   y[c] (+)= Σ_r x[r,c]
//
// x [rows, C], y [C]; or y [chunks, C] with the sums of `chunk` rows each. Grid rule: see
// sum_rows.cuh. 4 bytes per element.
#include "sum_rows.cuh"

extern "C" __global__ void sum_rows_f32(const float* x, float* y, int rows, int columns, int chunk,
                                        int accumulate) {
  sum_rows(y, rows, columns, chunk, accumulate,
           [=](int row, int c) { return x[(size_t)row * columns + c]; });
}
