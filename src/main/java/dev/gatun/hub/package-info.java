/**
 * Model files as Hugging Face lays them out: safetensors weights, also sharded, and JSON
 * configurations. Everything read here may come from a stranger: each rule of a format is checked,
 * nothing in a file can run code, and what breaks a rule is a {@link dev.gatun.core.DataException}
 * that names file, key and rule.
 */
@NullMarked
package dev.gatun.hub;

import org.jspecify.annotations.NullMarked;
