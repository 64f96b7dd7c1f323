package dev.gatun.cpu;

/** Rows {@code row ..} and columns {@code column ..} of a product, which one thread computes. */
record Rectangle(int row, int rows, int column, int columns) {}
