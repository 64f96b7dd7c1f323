/**
 * Off-heap memory: a {@link dev.gatun.memory.Region} is one slab with one lifetime, a {@link
 * dev.gatun.memory.Buffer} a piece of it that knows when it has died.
 */
@NullMarked
package dev.gatun.memory;

import org.jspecify.annotations.NullMarked;
