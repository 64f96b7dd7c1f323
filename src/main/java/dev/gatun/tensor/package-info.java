/** The tensor: a small handle on a piece of memory. Always contiguous and row-major. */
@NullMarked
package dev.gatun.tensor;

import org.jspecify.annotations.NullMarked;
