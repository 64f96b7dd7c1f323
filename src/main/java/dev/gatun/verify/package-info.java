/**
 * Proof that the paths of an operation agree: the fast path against the reference in double, the
 * rule of differentiation against a difference quotient, a fused operation against its composition,
 * and whole models and training runs against fixtures made by the Hugging Face libraries.
 */
@NullMarked
package dev.gatun.verify;

import org.jspecify.annotations.NullMarked;
