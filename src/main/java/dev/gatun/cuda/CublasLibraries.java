package dev.gatun.cuda;

import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Where a libcublas may be.
 *
 * @param loader whether the system's loader is asked first
 * @param folders that are searched then, in order
 */
record CublasLibraries(boolean loader, List<Path> folders) {
  CublasLibraries {
    folders = List.copyOf(folders);
  }

  /** Where NVIDIA's packages put it, also where the loader has not been told. */
  static CublasLibraries usual() {
    return new CublasLibraries(
        true,
        List.of(
            Path.of("/usr/local/cuda/lib64"),
            Path.of("/usr/local/cuda-12/lib64"),
            Path.of("/usr/local/cuda-13/lib64"),
            Path.of("/usr/local/cuda-11/lib64")));
  }

  /** The file of a release, {@code libcublas.so.12}. */
  static String fileName(int major) {
    return System.getProperty("os.name").startsWith("Windows")
        ? "cublas64_" + major + ".dll"
        : "libcublas.so." + major;
  }

  /** Loads the library of a release, for good; empty if there is none. */
  Optional<SymbolLookup> open(int major) {
    String name = fileName(major);
    Optional<SymbolLookup> known = loader ? open(name) : Optional.empty();
    for (Path folder : folders) {
      Path file = folder.resolve(name);
      if (known.isEmpty() && Files.exists(file)) {
        known = open(file.toString());
      }
    }
    return known;
  }

  private static Optional<SymbolLookup> open(String library) {
    try {
      return Optional.of(SymbolLookup.libraryLookup(library, Arena.global()));
    } catch (IllegalArgumentException e) {
      return Optional.empty(); // the loader does not find it, or not what it needs in turn
    }
  }
}
