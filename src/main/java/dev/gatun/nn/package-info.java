/** The layers that language models are made of, and the parameters that they share. */
@NullMarked
package dev.gatun.nn;

import org.jspecify.annotations.NullMarked;
