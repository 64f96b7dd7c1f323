/** The model families, one file each, and their configurations with the keys of Hugging Face. */
@NullMarked
package dev.gatun.model;

import org.jspecify.annotations.NullMarked;
