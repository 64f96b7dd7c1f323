/**
 * The model families, one file each, and their configurations with the keys of Hugging Face.
 *
 * <p>A {@link dev.gatun.model.CausalLm} is built from a {@link dev.gatun.model.ModelConfig} and
 * computes logits, hidden states and the loss. Each family reads as its paper does.
 */
@NullMarked
package dev.gatun.model;

import org.jspecify.annotations.NullMarked;
