package dev.gatun.device;

import dev.gatun.core.ConfigurationException;
import java.util.Locale;

/** Who shall multiply matrices on a GPU. */
public enum GemmChoice {
  /** cuBLAS where there is one, else our own kernels. */
  AUTO,
  /** cuBLAS, and an error where there is none. */
  CUBLAS,
  /** Our own kernels, even where there is cuBLAS. */
  OWN;

  /**
   * Reads {@code auto}, {@code cublas} or {@code own}.
   *
   * @throws ConfigurationException for anything else
   */
  public static GemmChoice parse(String name) {
    for (GemmChoice choice : values()) {
      if (choice.toString().equals(name)) {
        return choice;
      }
    }
    throw new ConfigurationException(
        "gemm '" + name + "' is unknown: it is one of auto, cublas, own");
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
