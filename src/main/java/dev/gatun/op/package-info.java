/**
 * The operations: one file each, with the formula, the shapes, the reference in double, the fast
 * loops, the rule of differentiation and the samples it is tested with.
 *
 * <p>{@link dev.gatun.op.Op} is sealed, and its {@code permits} list is the registry: tests,
 * reports and documentation iterate over it. To add an operation, write its file, add one word to
 * {@code permits} and one static method to {@link dev.gatun.op.Ops}.
 */
@NullMarked
package dev.gatun.op;

import org.jspecify.annotations.NullMarked;
