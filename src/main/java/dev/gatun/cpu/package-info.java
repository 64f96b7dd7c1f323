/**
 * What the CPU does fast: a thread pool, row reductions with fixed bits, elementary functions as
 * polynomials, and the matrix product.
 */
@NullMarked
package dev.gatun.cpu;

import org.jspecify.annotations.NullMarked;
