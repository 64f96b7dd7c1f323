/**
 * An emulator of NVIDIA GPUs at the level of PTX: it executes the very text that a driver would
 * compile, on machines that have no GPU, and reports what a GPU does not (bounds, races, reads of
 * uninitialised memory, divergent barriers).
 *
 * <p>The way of a kernel: {@link dev.gatun.ptx.PtxModule} (text, parsed) → {@link
 * dev.gatun.ptx.Program} (an entry, decoded once to one object per instruction) → blocks, whose
 * warps execute those objects on 32 lanes at a time. Reference: NVIDIA, Parallel Thread Execution
 * ISA, version 7.0.
 */
@NullMarked
package dev.gatun.ptx;

import org.jspecify.annotations.NullMarked;
