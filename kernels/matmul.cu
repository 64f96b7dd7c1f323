// The matrix product in F32, in four versions, each with the idea that the one before lacks.
//
//   NN  C[m,n] = Σ_k A[m,k]·B[k,n]     NT  Σ_k A[m,k]·B[n,k]     TN  Σ_k A[k,m]·B[k,n]
//   C (+)= the product (+ bias[n])
//
// All matrices are row-major; bias may be null. Every element is one chain of fma over ascending k,
// whatever the version and the tile, so all of them give the same bits.
//
// Version                floats read from global memory per multiply-add
// 1 naive                2: each thread reads a row and a column of its own
// 2 tiled                2/16: a tile of 16 x 16 is read once by a block and used 16 times
// 3 register-tiled       2/64 (2/128): and each thread keeps 4 x 4 (8 x 8) results, so that a value
//                        from shared memory is used 4 (8) times
// vector                 1: M = 1, decoding; there is nothing to reuse, so it streams B
// 4 tensor cores         matmul_bf16.cu
#include "pack.cuh"
#include "reduce.cuh"
#include "sum_rows.cuh"

// Version 1, NN. One thread per element of C: blocks of 16 x 16, ceil(N/16) x ceil(M/16) blocks.
extern "C" __global__ void matmul_naive_f32(const float* a, const float* b, float* c, int m, int n,
                                            int k) {
  int row = blockIdx.y * 16 + threadIdx.y;
  int column = blockIdx.x * 16 + threadIdx.x;
  if (row >= m || column >= n) {
    return;
  }
  float sum = 0.0f;
  for (int i = 0; i < k; i++) {
    sum = fmaf(a[(size_t)row * k + i], b[(size_t)i * n + column], sum);
  }
  c[(size_t)row * n + column] = sum;
}

// Version 2, NN. The grid of version 1; zeros stand where the tile leaves the matrix.
extern "C" __global__ void matmul_tiled_f32(const float* a, const float* b, float* c, int m, int n,
                                            int k) {
  __shared__ float tile_a[16][16];
  __shared__ float tile_b[16][16];
  int row = blockIdx.y * 16 + threadIdx.y;
  int column = blockIdx.x * 16 + threadIdx.x;
  float sum = 0.0f;
  for (int start = 0; start < k; start += 16) {
    int column_a = start + threadIdx.x;
    int row_b = start + threadIdx.y;
    bool in_a = row < m && column_a < k;
    bool in_b = row_b < k && column < n;
    tile_a[threadIdx.y][threadIdx.x] = in_a ? a[(size_t)row * k + column_a] : 0.0f;
    tile_b[threadIdx.y][threadIdx.x] = in_b ? b[(size_t)row_b * n + column] : 0.0f;
    __syncthreads();
#pragma unroll
    for (int i = 0; i < 16; i++) {
      sum = fmaf(tile_a[threadIdx.y][i], tile_b[i][threadIdx.x], sum);
    }
    __syncthreads();
  }
  if (row < m && column < n) {
    c[(size_t)row * n + column] = sum;
  }
}

constexpr int THREADS = 256;  // 16 x 16 threads, each with QUADS·4 rows and columns of C
constexpr int DEPTH = 16;     // values of k per tile

// Moves tiles of one operand from global to shared memory, where they lie [k][row].
//
// ROWS: rows of the tile. BY_K: whether neighbours in memory differ in k, or in the row.
template <int ROWS, bool BY_K>
struct Loader {
  static constexpr int QUADS = ROWS * DEPTH / 4 / THREADS;  // per thread
  static constexpr int STRIDE = ROWS + 4;                   // keeps quads aligned, spreads banks

  const float* source;
  int stride;  // of the rows of the matrix in memory
  int rows;
  int depth;
  int first_row;
  float quad[QUADS][4];

  __device__ __forceinline__ int k_of(int q) const {
    int place = threadIdx.x + q * THREADS;
    return BY_K ? place % (DEPTH / 4) * 4 : place / (ROWS / 4);
  }

  __device__ __forceinline__ int row_of(int q) const {
    int place = threadIdx.x + q * THREADS;
    return BY_K ? place / (DEPTH / 4) : place % (ROWS / 4) * 4;
  }

  // Reads this thread's part of the tile that begins at k; zeros outside the matrix.
  __device__ __forceinline__ void read(int start) {
#pragma unroll
    for (int q = 0; q < QUADS; q++) {
      int k = start + k_of(q);
      int row = first_row + row_of(q);
      const float* p = source + (BY_K ? (size_t)row * stride + k : (size_t)k * stride + row);
      int line = BY_K ? rows - row : depth - k;  // 0 or less: the quad lies in no line
      int left = BY_K ? depth - k : rows - row;  // elements of the quad that exist
      if (line > 0 && left >= 4 && stride % 4 == 0) {
        Pack<4> four = load<4>(p);
#pragma unroll
        for (int i = 0; i < 4; i++) {
          quad[q][i] = four.v[i];
        }
      } else {
#pragma unroll
        for (int i = 0; i < 4; i++) {
          quad[q][i] = line > 0 && i < left ? p[i] : 0.0f;
        }
      }
    }
  }

  __device__ __forceinline__ void write(float* tile) const {
#pragma unroll
    for (int q = 0; q < QUADS; q++) {
#pragma unroll
      for (int i = 0; i < 4; i++) {
        tile[(k_of(q) + (BY_K ? i : 0)) * STRIDE + row_of(q) + (BY_K ? 0 : i)] = quad[q][i];
      }
    }
  }
};

// Version 3. A block computes a tile of 64·QUADS x 64·QUADS of C; thread (x, y) has the rows
// 64·q + 4·y .. +3 and the columns 64·q + 4·x .. +3. The next tiles are read from global memory
// while the present ones are multiplied.
template <int QUADS, bool A_BY_K, bool B_BY_K>
__device__ __forceinline__ void matmul(const float* a, const float* b, const float* bias, float* c,
                                       int m, int n, int k, int accumulate) {
  constexpr int SIZE = 64 * QUADS;
  using LoaderA = Loader<SIZE, A_BY_K>;
  using LoaderB = Loader<SIZE, B_BY_K>;
  __shared__ __align__(16) float tile_a[DEPTH * LoaderA::STRIDE];
  __shared__ __align__(16) float tile_b[DEPTH * LoaderB::STRIDE];
  int first_row = blockIdx.y * SIZE;
  int first_column = blockIdx.x * SIZE;
  int y = threadIdx.x / 16 * 4;
  int x = threadIdx.x % 16 * 4;
  LoaderA loader_a = {a, A_BY_K ? k : m, m, k, first_row};
  LoaderB loader_b = {b, B_BY_K ? k : n, n, k, first_column};
  float sum[QUADS * 4][QUADS * 4] = {};
  loader_a.read(0);
  loader_b.read(0);
  for (int start = 0; start < k; start += DEPTH) {
    loader_a.write(tile_a);
    loader_b.write(tile_b);
    __syncthreads();
    if (start + DEPTH < k) {
      loader_a.read(start + DEPTH);
      loader_b.read(start + DEPTH);
    }
#pragma unroll
    for (int i = 0; i < DEPTH; i++) {
      Pack<4> rows[QUADS];
      Pack<4> columns[QUADS];
#pragma unroll
      for (int q = 0; q < QUADS; q++) {
        rows[q] = load<4>(tile_a + i * LoaderA::STRIDE + q * 64 + y);
        columns[q] = load<4>(tile_b + i * LoaderB::STRIDE + q * 64 + x);
      }
#pragma unroll
      for (int r = 0; r < QUADS * 4; r++) {
#pragma unroll
        for (int s = 0; s < QUADS * 4; s++) {
          sum[r][s] = fmaf(rows[r / 4].v[r % 4], columns[s / 4].v[s % 4], sum[r][s]);
        }
      }
    }
    __syncthreads();
  }
#pragma unroll
  for (int r = 0; r < QUADS * 4; r++) {
    int row = first_row + r / 4 * 64 + y + r % 4;
#pragma unroll
    for (int s = 0; s < QUADS * 4; s++) {
      int column = first_column + s / 4 * 64 + x + s % 4;
      if (row < m && column < n) {
        float value = sum[r][s] + (bias == nullptr ? 0.0f : bias[column]);
        float* target = c + (size_t)row * n + column;
        *target = accumulate ? *target + value : value;
      }
    }
  }
}

// Blocks of 256 threads, ceil(N/64) x ceil(M/64) blocks.
extern "C" __global__ void __launch_bounds__(THREADS)
    matmul_nn_f32(const float* a, const float* b, const float* bias, float* c, int m, int n, int k,
                  int accumulate) {
  matmul<1, true, false>(a, b, bias, c, m, n, k, accumulate);
}

extern "C" __global__ void __launch_bounds__(THREADS)
    matmul_nt_f32(const float* a, const float* b, const float* bias, float* c, int m, int n, int k,
                  int accumulate) {
  matmul<1, true, true>(a, b, bias, c, m, n, k, accumulate);
}

extern "C" __global__ void __launch_bounds__(THREADS)
    matmul_tn_f32(const float* a, const float* b, const float* bias, float* c, int m, int n, int k,
                  int accumulate) {
  matmul<1, false, false>(a, b, bias, c, m, n, k, accumulate);
}

// For matrices that fill a GPU with tiles of 128 x 128: ceil(N/128) x ceil(M/128) blocks.
extern "C" __global__ void __launch_bounds__(THREADS)
    matmul_nn_large_f32(const float* a, const float* b, const float* bias, float* c, int m, int n,
                        int k, int accumulate) {
  matmul<2, true, false>(a, b, bias, c, m, n, k, accumulate);
}

extern "C" __global__ void __launch_bounds__(THREADS)
    matmul_nt_large_f32(const float* a, const float* b, const float* bias, float* c, int m, int n,
                        int k, int accumulate) {
  matmul<2, true, true>(a, b, bias, c, m, n, k, accumulate);
}

extern "C" __global__ void __launch_bounds__(THREADS)
    matmul_tn_large_f32(const float* a, const float* b, const float* bias, float* c, int m, int n,
                        int k, int accumulate) {
  matmul<2, false, false>(a, b, bias, c, m, n, k, accumulate);
}

// c[n] (+)= Σ_k a[k]·b[n,k] (+ bias[n]). One warp per n: blocks of 256, ceil(N/8) blocks. Its lanes
// sum every 32nd quad of k, so its bits are not those of the other versions.
extern "C" __global__ void matmul_vector_nt_f32(const float* a, const float* b, const float* bias,
                                                float* c, int n, int k, int accumulate) {
  int row = blockIdx.x * (THREADS / WARP) + warp();
  if (row >= n) {
    return;
  }
  b += (size_t)row * k;
  float sum = 0.0f;
  int i = lane() * 4;
  if (k % 4 == 0) {
    for (; i < k; i += WARP * 4) {
      Pack<4> x = load<4>(a + i);
      Pack<4> y = load<4>(b + i);
#pragma unroll
      for (int j = 0; j < 4; j++) {
        sum = fmaf(x.v[j], y.v[j], sum);
      }
    }
  } else {
    for (i = lane(); i < k; i += WARP) {
      sum = fmaf(a[i], b[i], sum);
    }
  }
  sum = warp_sum(sum);
  if (lane() == 0) {
    float value = sum + (bias == nullptr ? 0.0f : bias[row]);
    c[row] = accumulate ? c[row] + value : value;
  }
}

// c[n] (+)= Σ_k a[k]·b[k,n] (+ bias[n]). Grid rule: see sum_rows.cuh, with one chunk.
extern "C" __global__ void matmul_vector_nn_f32(const float* a, const float* b, const float* bias,
                                                float* c, int n, int k, int accumulate) {
  sum_rows(c, k, n, k, accumulate, [=](int row, int column) {
    float added = row == 0 && bias != nullptr ? bias[column] : 0.0f;
    return fmaf(a[row], b[(size_t)row * n + column], added);
  });
}
