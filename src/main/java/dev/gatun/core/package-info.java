/** Vocabulary without dependencies: shapes, element types, and counter-based random numbers. */
@NullMarked
package dev.gatun.core;

import org.jspecify.annotations.NullMarked;
