/**
 * The seam between operations and machines: a {@link dev.gatun.device.Device} names where tensors
 * live, a {@link dev.gatun.device.Command} is a piece of work as data, and a {@link
 * dev.gatun.device.Queue} executes commands in order. On the CPU operations run directly; a GPU, or
 * the emulator of one, is a queue that is given the same operation as commands.
 */
@NullMarked
package dev.gatun.device;

import org.jspecify.annotations.NullMarked;
