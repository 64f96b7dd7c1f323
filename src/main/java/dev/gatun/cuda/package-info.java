/**
 * GPUs of NVIDIA. {@link dev.gatun.cuda.CudaDriver} is the seam: the calls of the CUDA driver that
 * Gatun makes, and no others.
 */
@NullMarked
package dev.gatun.cuda;

import org.jspecify.annotations.NullMarked;
