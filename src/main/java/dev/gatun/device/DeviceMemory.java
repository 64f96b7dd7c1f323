package dev.gatun.device;

import dev.gatun.memory.Storage;

/** The memory of a device, and the queue in which the work on it runs in order. */
public interface DeviceMemory extends Storage {
  Device device();

  /** Where operations on tensors in this memory run; copies and fills take their place in it. */
  Queue queue();
}
