@NullMarked
package dev.gatun.cuda;

import org.jspecify.annotations.NullMarked;
