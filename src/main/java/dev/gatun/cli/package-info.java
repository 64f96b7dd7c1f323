/**
 * The command line: {@code java -jar gatun.jar VERB ...}. It alone writes to standard output and
 * error and decides exit codes.
 */
@NullMarked
package dev.gatun.cli;

import org.jspecify.annotations.NullMarked;
