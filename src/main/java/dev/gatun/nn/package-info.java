/**
 * The layers that language models are made of, and the parameters that they share.
 *
 * <p>Overview. A model is built in two moves. Constructing its layers under a {@link
 * dev.gatun.nn.Scope} only declares {@link dev.gatun.nn.Parameter}s, whose names are the keys of
 * Hugging Face's files; no memory is taken, so a model's size is known before it exists. {@link
 * dev.gatun.nn.Parameters} then gives all of them memory in one region, and they are initialised or
 * read from files.
 */
@NullMarked
package dev.gatun.nn;

import org.jspecify.annotations.NullMarked;
