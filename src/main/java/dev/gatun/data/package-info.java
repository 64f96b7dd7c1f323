/** Text and instructions in, batches of token ids out: corpora, splits, rows, labels, batches. */
@NullMarked
package dev.gatun.data;

import org.jspecify.annotations.NullMarked;
