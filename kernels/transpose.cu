// Two axes exchanged, as a copy of 32-bit words.
//
//   y[o,b,m,a,i] = x[o,a,m,b,i]         x [outer, A, middle, B, inner], y [outer, B, middle, A, inner]
//
// rows: for inner > 1, one thread per word of y: blocks of 256, ceil(words / 256) blocks. Rows of
// inner words stay together, so reads are as contiguous as writes.
// tile: for inner = 1, a tile of 32 x 32 words through shared memory, so that both sides are
// contiguous: blocks of 32 x 8 threads, ceil(B / 32) x ceil(A / 32) x (outer·middle) blocks.
// 8 bytes per word.

constexpr int TILE = 32;
constexpr int STEP = 8;

extern "C" __global__ void transpose_rows_b32(const unsigned* x, unsigned* y, int n, int a,
                                              int middle, int b, int inner) {
  int word = blockIdx.x * blockDim.x + threadIdx.x;
  if (word >= n) {
    return;
  }
  int rest = word / inner;
  int i = word % inner;
  int index_a = rest % a;
  rest /= a;
  int m = rest % middle;
  rest /= middle;
  int index_b = rest % b;
  size_t o = rest / b;
  y[word] = x[(((o * a + index_a) * middle + m) * b + index_b) * inner + i];
}

// The columns of the tile are padded by one, so that its columns lie in different banks.
extern "C" __global__ void transpose_tile_b32(const unsigned* x, unsigned* y, int a, int middle,
                                              int b) {
  __shared__ unsigned tile[TILE][TILE + 1];
  int first_a = blockIdx.y * TILE;
  int first_b = blockIdx.x * TILE;
  size_t o = blockIdx.z / middle;
  int m = blockIdx.z % middle;
  int index_b = first_b + threadIdx.x;
#pragma unroll
  for (int i = 0; i < TILE / STEP; i++) {
    int k = threadIdx.y + i * STEP;
    if (first_a + k < a && index_b < b) {
      tile[k][threadIdx.x] = x[((o * a + first_a + k) * middle + m) * b + index_b];
    }
  }
  __syncthreads();
  int index_a = first_a + threadIdx.x;
#pragma unroll
  for (int i = 0; i < TILE / STEP; i++) {
    int k = threadIdx.y + i * STEP;
    if (first_b + k < b && index_a < a) {
      y[((o * b + first_b + k) * middle + m) * a + index_a] = tile[threadIdx.x][k];
    }
  }
}
