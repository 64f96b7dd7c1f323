package dev.gatun.device;

import dev.gatun.core.ConfigurationException;

/** Where tensors live and operations run. */
public sealed interface Device {
  /** The host: the reference. */
  record Cpu() implements Device {
    @Override
    public String toString() {
      return "cpu";
    }
  }

  /** An NVIDIA GPU by its ordinal. */
  record Cuda(int ordinal) implements Device {
    @Override
    public String toString() {
      return "cuda:" + ordinal;
    }
  }

  /** A GPU emulated on the host: it executes the same PTX. */
  record Emulator() implements Device {
    @Override
    public String toString() {
      return "emulator";
    }
  }

  Device CPU = new Cpu();

  /**
   * Reads {@code cpu}, {@code cuda:N} or {@code emulator}.
   *
   * @throws ConfigurationException for anything else
   */
  static Device parse(String name) {
    if (name.equals("cpu")) {
      return CPU;
    }
    if (name.equals("emulator")) {
      return new Emulator();
    }
    if (name.matches("cuda(:\\d{1,3})?")) {
      return new Cuda(name.length() > 5 ? Integer.parseInt(name.substring(5)) : 0);
    }
    throw new ConfigurationException(
        "device '"
            + name
            + "' is unknown: it is one of cpu, cuda:N (for example cuda:0), emulator");
  }
}
