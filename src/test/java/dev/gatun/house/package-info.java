/** The rules of the house as tests: layers, bans, bytecode, size and documentation. */
@NullMarked
package dev.gatun.house;

import org.jspecify.annotations.NullMarked;
