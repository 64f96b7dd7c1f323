// Ranges of one axis, as copies: slice and concat are copies of blocks, and the gradient of a slice
// is a block in a field of zeros.
//
//   copy_blocks     target[o·target_stride + target_start + j] = source[o·source_stride +
//                   source_start + j]                               o < outer, j < count
//   slice_backward  dx[o·whole + j] (+)= start <= j < start + count ? dy[o·count + j - start] : 0
//
// One thread per word: blocks of 256, ceil(outer·count / 256) blocks, or ceil(outer·whole / 256) for
// the gradient. Two words of traffic per word.

template <class Word>
__device__ __forceinline__ void copy(const Word* source, Word* target, int n, int count,
                                     int source_stride, int source_start, int target_stride,
                                     int target_start) {
  int thread = blockIdx.x * blockDim.x + threadIdx.x;
  if (thread < n) {
    size_t o = thread / count;
    int j = thread % count;
    target[o * target_stride + target_start + j] = source[o * source_stride + source_start + j];
  }
}

extern "C" __global__ void copy_blocks_b32(const unsigned* source, unsigned* target, int n,
                                           int count, int source_stride, int source_start,
                                           int target_stride, int target_start) {
  copy(source, target, n, count, source_stride, source_start, target_stride, target_start);
}

extern "C" __global__ void copy_blocks_b16(const unsigned short* source, unsigned short* target,
                                           int n, int count, int source_stride, int source_start,
                                           int target_stride, int target_start) {
  copy(source, target, n, count, source_stride, source_start, target_stride, target_start);
}

extern "C" __global__ void slice_backward_f32(const float* dy, float* dx, int n, int count,
                                              int whole, int start, int accumulate) {
  int thread = blockIdx.x * blockDim.x + threadIdx.x;
  if (thread < n) {
    size_t o = thread / whole;
    int j = thread % whole - start;
    float d = j >= 0 && j < count ? dy[o * count + j] : 0.0f;
    dx[thread] = accumulate ? dx[thread] + d : d;
  }
}
