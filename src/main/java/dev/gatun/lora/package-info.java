/**
 * Low-rank adapters as the PEFT library defines them: a frozen layer {@code y = W·x} becomes {@code
 * y = W·x + (α/r)·B·(A·x)}, and only the small matrices A and B are trained. Hu et al., "LoRA:
 * Low-Rank Adaptation of Large Language Models", 2021, equation 3.
 *
 * <p>Overview. A {@link dev.gatun.lora.LoraConfig} says which layers are adapted and how. {@link
 * dev.gatun.lora.LoraAdapter} puts one adapter on a model: its parameters are its own, so the
 * model's stay as they were, several adapters can share one model, and taking an adapter off leaves
 * no trace. {@link dev.gatun.lora.LoraMerge} makes a plain model of both.
 */
@NullMarked
package dev.gatun.lora;

import org.jspecify.annotations.NullMarked;
