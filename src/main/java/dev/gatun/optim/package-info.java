/** What turns gradients into better parameters: AdamW, its groups, its schedule, and clipping. */
@NullMarked
package dev.gatun.optim;

import org.jspecify.annotations.NullMarked;
