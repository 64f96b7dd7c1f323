/**
 * From a prompt to text: scores are processed, one token is chosen, and the model goes on from
 * there.
 */
@NullMarked
package dev.gatun.generate;

import org.jspecify.annotations.NullMarked;
