/**
 * The generator of the quickstart data: Korean and English text and questions about numbers, days,
 * colours, things and people, small enough to be learned in minutes.
 */
@NullMarked
package dev.gatun.data.quickstart;

import org.jspecify.annotations.NullMarked;
