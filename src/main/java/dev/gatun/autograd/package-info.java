/**
 * Reverse-mode differentiation.
 *
 * <p>Overview. A {@link dev.gatun.autograd.Step} is the scope in which operations run: it says
 * where their results are allocated and on which {@link dev.gatun.autograd.Tape}, if any, they are
 * recorded. A tape is the list of operations in the order in which they ran. Differentiation walks
 * it backwards: for each entry the rule of the operation, its {@link dev.gatun.autograd.Vjp}, turns
 * the gradient of the output into gradients of the inputs, which {@link
 * dev.gatun.autograd.Gradients} adds up. An activation is released as soon as the walk has passed
 * the operation that made it. There is no global graph: a tape lives for one step and is read once.
 */
@NullMarked
package dev.gatun.autograd;

import org.jspecify.annotations.NullMarked;
