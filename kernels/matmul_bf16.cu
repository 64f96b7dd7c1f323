// The matrix product of bf16 factors on tensor cores, accumulated in F32.
//
//   NN  C[m,n] = Σ_k A[m,k]·B[k,n]     NT  Σ_k A[m,k]·B[n,k]     TN  Σ_k A[k,m]·B[k,n]
//   C (+)= the product (+ bias[n])
//
// A, B: bf16, row-major; a row is followed by zeros up to a length that is a multiple of 8, its
// leading dimension, so that every row begins at a multiple of 16 bytes. C, bias: F32; bias may be
// null. pack makes such a factor of an F32 matrix.
//
// A product of two bf16 numbers is exact in F32: 8 bits times 8 bits are 16 of its 24. What a tensor
// core rounds are the sums, and not as a chain of fma does: the 16 products and the sum so far are
// aligned to the largest of them and cut off. So results are those of F32 up to the last places.
//
// Version 4 of the product (1 to 3 are in matmul.cu) in two steps:
//
// Step                  bytes read from global memory per multiply-add
// 4a one warp           2/16 + 2/8: a warp computes a tile of 16 x 8 with mma, and loads what each
//                       lane holds of the factors straight from global memory
// 4b pipelined          4/64 (4/128): a block computes a tile of 64 x 64 (128 x 128) from tiles of
//                       the factors in shared memory. cp.async brings the next tiles, past the
//                       registers, while ldmatrix and mma use the present ones
#include "half.cuh"
#include "reduce.cuh"

// D[16,8] += A[16,16]·B[16,8]. What a lane holds, with g = lane / 4 and t = lane % 4, two
// neighbours in k to a register, the lower half first:
//
//   A  a[0]: row g,   k 2t, 2t+1     a[1]: row g+8, the same k     a[2], a[3]: as these, k + 8
//   B  b[0]: column g, k 2t, 2t+1    b[1]: the same column, k + 8
//   D  d[0], d[1]: row g, columns 2t, 2t+1                         d[2], d[3]: row g+8
__device__ __forceinline__ void mma(float (&d)[4], const unsigned (&a)[4], const unsigned* b) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
      "{%0,%1,%2,%3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

// Adds two neighbours of a row of a tile of D to C; `column` is even.
__device__ __forceinline__ void add_pair(float left, float right, const float* bias, float* c,
                                         int row, int column, int m, int n, int accumulate) {
  if (row >= m) {
    return;
  }
  float values[2] = {left, right};
#pragma unroll
  for (int i = 0; i < 2; i++) {
    if (column + i < n) {
      float value = values[i] + (bias == nullptr ? 0.0f : bias[column + i]);
      float* target = c + (size_t)row * n + column + i;
      *target = accumulate ? *target + value : value;
    }
  }
}

// Step 4a, NT. Blocks of one warp, ceil(N/8) x ceil(M/16) blocks.
extern "C" __global__ void __launch_bounds__(WARP)
    matmul_warp_nt_bf16(const unsigned short* a, const unsigned short* b, const float* bias,
                        float* c, int m, int n, int k, int lda, int ldb, int accumulate) {
  int g = threadIdx.x / 4;
  int t = threadIdx.x % 4;
  int row = blockIdx.y * 16 + g;
  int column = blockIdx.x * 8 + g;
  float d[4] = {};
  for (int start = 0; start < k; start += 16) {
    unsigned x[4];
    unsigned y[2];
#pragma unroll
    for (int i = 0; i < 4; i++) {
      int r = row + i % 2 * 8;
      int at = start + i / 2 * 8 + 2 * t;
      x[i] = r < m && at < k ? *(const unsigned*)(a + (size_t)r * lda + at) : 0;
    }
#pragma unroll
    for (int i = 0; i < 2; i++) {
      int at = start + i * 8 + 2 * t;
      y[i] = column < n && at < k ? *(const unsigned*)(b + (size_t)column * ldb + at) : 0;
    }
    mma(d, x, y);
  }
  int first = blockIdx.x * 8 + 2 * t;
  add_pair(d[0], d[1], bias, c, row, first, m, n, accumulate);
  add_pair(d[2], d[3], bias, c, row + 8, first, m, n, accumulate);
}

constexpr int DEPTH = 32;  // values of k per tile
constexpr int CHUNK = 8;   // bf16 numbers in 16 bytes

// Four matrices of 8 x 8 from shared memory, the i-th to result[i]: lane l gives the address of row
// l % 8 of matrix l / 8, and receives of each matrix the elements (l / 4, 2·(l % 4)) and the next.
// Transposed: those of the transposes.
template <bool TRANSPOSED>
__device__ __forceinline__ void load_matrices(unsigned* result, const unsigned short* row) {
  unsigned address = (unsigned)__cvta_generic_to_shared(row);
  if constexpr (TRANSPOSED) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=r"(result[0]), "=r"(result[1]), "=r"(result[2]), "=r"(result[3])
                 : "r"(address)
                 : "memory");
  } else {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=r"(result[0]), "=r"(result[1]), "=r"(result[2]), "=r"(result[3])
                 : "r"(address)
                 : "memory");
  }
}

// Tiles of one factor in shared memory, as they lie in global memory: BY_K [row][k], else [k][row].
//
// ROWS: rows (of A) or columns (of B) of C that the tile serves. A line of the tile is followed by
// 16 unused bytes: so the 8 lines that ldmatrix reads at once begin in different banks.
template <int ROWS, bool BY_K>
struct Tile {
  static constexpr int LINES = BY_K ? ROWS : DEPTH;
  static constexpr int LENGTH = BY_K ? DEPTH : ROWS;
  static constexpr int STRIDE = LENGTH + CHUNK;
  static constexpr int SIZE = LINES * STRIDE;

  // Starts to copy the tile that begins at (row, k); zeros where the matrix [rows, depth] ends.
  template <int THREADS>
  static __device__ __forceinline__ void copy(unsigned short* tile, const unsigned short* source,
                                              int ld, int rows, int depth, int row, int k) {
    int first_line = BY_K ? row : k;
    int first_column = BY_K ? k : row;
    int lines = (BY_K ? rows : depth) - first_line;
    int length = (BY_K ? depth : rows) - first_column;
    constexpr int ROUNDS = LINES * LENGTH / CHUNK / THREADS;
    static_assert(ROUNDS * CHUNK * THREADS == LINES * LENGTH, "each thread copies as many chunks");
#pragma unroll
    for (int round = 0; round < ROUNDS; round++) {
      unsigned i = threadIdx.x + round * THREADS;
      int line = i / (LENGTH / CHUNK);
      int column = i % (LENGTH / CHUNK) * CHUNK;
      bool exists = line < lines && column < length;
      const unsigned short* from =
          exists ? source + (size_t)(first_line + line) * ld + first_column + column : source;
      unsigned to = (unsigned)__cvta_generic_to_shared(tile + line * STRIDE + column);
      asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(from),
                   "r"(exists ? 16 : 0)
                   : "memory");
    }
  }

  // Four matrices of 8 x 8: rows `row` and k `k` onwards. INNER: the second of them is the next in
  // k, as B wants them; else the next in rows, as A does. The last two are those in the other
  // direction.
  template <bool INNER>
  static __device__ __forceinline__ void load(unsigned* result, const unsigned short* tile, int row,
                                              int k) {
    int matrix = lane() / 8;
    int along = matrix % 2 * 8;
    int across = matrix / 2 * 8;
    row += INNER ? across : along;
    k += INNER ? along : across;
    int line = (BY_K ? row : k) + lane() % 8;
    load_matrices<!BY_K>(result, tile + line * STRIDE + (BY_K ? k : row));
  }
};

// Step 4b. A block of SIZE·2 threads computes a tile of SIZE x SIZE of C; a warp has SIZE/2 rows and
// 32 columns of it.
template <int SIZE, bool A_BY_K, bool B_BY_K>
__device__ __forceinline__ void matmul(const unsigned short* a, const unsigned short* b,
                                       const float* bias, float* c, int m, int n, int k, int lda,
                                       int ldb, int accumulate) {
  using TileA = Tile<SIZE, A_BY_K>;
  using TileB = Tile<SIZE, B_BY_K>;
  constexpr int THREADS = SIZE * 2;
  constexpr int DOWN = SIZE / 2 / 16;  // tiles of mma that a warp has below each other
  constexpr int ACROSS = 32 / 8;       // and beside each other
  __shared__ __align__(16) unsigned short tiles_a[2][TileA::SIZE];
  __shared__ __align__(16) unsigned short tiles_b[2][TileB::SIZE];
  int first_row = blockIdx.y * SIZE;
  int first_column = blockIdx.x * SIZE;
  int y = warp() % 2 * (SIZE / 2);
  int x = warp() / 2 * 32;
  float d[DOWN][ACROSS][4] = {};

  auto copy = [&](int stage, int start) {
    TileA::template copy<THREADS>(tiles_a[stage], a, lda, m, k, first_row, start);
    TileB::template copy<THREADS>(tiles_b[stage], b, ldb, n, k, first_column, start);
  };
  copy(0, 0);
  asm volatile("cp.async.commit_group;" ::: "memory");
  int stage = 0;
#pragma unroll 1
  for (int start = 0; start < k; start += DEPTH) {
    if (start + DEPTH < k) {
      copy(1 - stage, start + DEPTH);
    }
    asm volatile("cp.async.commit_group;" ::: "memory");
    asm volatile("cp.async.wait_group 1;" ::: "memory");  // all but the newest: these have arrived
    __syncthreads();
#pragma unroll
    for (int i = 0; i < DEPTH; i += 16) {
      unsigned columns[ACROSS][2];
#pragma unroll
      for (int j = 0; j < ACROSS; j += 2) {
        TileB::template load<true>(columns[j], tiles_b[stage], x + j * 8, i);
      }
#pragma unroll
      for (int r = 0; r < DOWN; r++) {
        unsigned rows[4];
        TileA::template load<false>(rows, tiles_a[stage], y + r * 16, i);
#pragma unroll
        for (int j = 0; j < ACROSS; j++) {
          mma(d[r][j], rows, columns[j]);
        }
      }
    }
    __syncthreads();  // the next round overwrites these tiles
    stage = 1 - stage;
  }
#pragma unroll
  for (int r = 0; r < DOWN; r++) {
    int row = first_row + y + r * 16 + lane() / 4;
#pragma unroll
    for (int j = 0; j < ACROSS; j++) {
      int column = first_column + x + j * 8 + lane() % 4 * 2;
      add_pair(d[r][j][0], d[r][j][1], bias, c, row, column, m, n, accumulate);
      add_pair(d[r][j][2], d[r][j][3], bias, c, row + 8, column, m, n, accumulate);
    }
  }
}

#define MATMUL(NAME, SIZE, A_BY_K, B_BY_K)                                                        \
  extern "C" __global__ void __launch_bounds__(SIZE * 2)                                          \
      NAME(const unsigned short* a, const unsigned short* b, const float* bias, float* c, int m,  \
           int n, int k, int lda, int ldb, int accumulate) {                                      \
    matmul<SIZE, A_BY_K, B_BY_K>(a, b, bias, c, m, n, k, lda, ldb, accumulate);                   \
  }

// Blocks of 128 threads, ceil(N/64) x ceil(M/64) blocks.
MATMUL(matmul_nn_bf16, 64, true, false)
MATMUL(matmul_nt_bf16, 64, true, true)
MATMUL(matmul_tn_bf16, 64, false, false)

// For matrices that fill a GPU: blocks of 256 threads, ceil(N/128) x ceil(M/128) blocks.
MATMUL(matmul_nn_large_bf16, 128, true, false)
MATMUL(matmul_nt_large_bf16, 128, true, true)
MATMUL(matmul_tn_large_bf16, 128, false, false)

// y[row,column] = bf16(x[row,column]), and zeros from column `columns` to ld. One thread per 8
// columns of y: blocks of 256, ceil(rows·ld / 2048) blocks. 6 bytes per element.
extern "C" __global__ void matmul_pack_bf16(const float* x, unsigned short* y, int rows,
                                            int columns, int ld) {
  size_t place = (size_t)blockIdx.x * blockDim.x + threadIdx.x;
  int row = place / (ld / CHUNK);
  int column = place % (ld / CHUNK) * CHUNK;
  if (row >= rows) {
    return;
  }
  x += (size_t)row * columns + column;
  float values[CHUNK];
  if (columns % 4 == 0 && column + CHUNK <= columns) {
    *(float4*)values = *(const float4*)x;
    *(float4*)(values + 4) = *(const float4*)(x + 4);
  } else {
#pragma unroll
    for (int i = 0; i < CHUNK; i++) {
      values[i] = column + i < columns ? x[i] : 0.0f;
    }
  }
  unsigned pairs[CHUNK / 2];
#pragma unroll
  for (int i = 0; i < CHUNK / 2; i++) {
    pairs[i] = to_bf16(values[2 * i]) | (unsigned)to_bf16(values[2 * i + 1]) << 16;
  }
  *(uint4*)(y + (size_t)row * ld + column) = make_uint4(pairs[0], pairs[1], pairs[2], pairs[3]);
}
