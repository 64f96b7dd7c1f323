package dev.gatun.cuda;

import dev.gatun.device.Queue;

/** The queue as those see it who compute products. */
public interface ProductQueue extends Queue {
  /**
   * The address of memory that is lent until the product is done; as {@link
   * dev.gatun.device.Command.Argument.Scratch} of the same size has it.
   */
  long scratch(long bytes);
}
