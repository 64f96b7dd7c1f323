package dev.gatun.cuda;

import dev.gatun.core.ConfigurationException;
import dev.gatun.device.GemmChoice;
import java.lang.foreign.SymbolLookup;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongFunction;
import java.util.function.LongUnaryOperator;
import jcuda.driver.CUstream;

/**
 * Chooses who multiplies matrices on a GPU: JCublas if there is a libcublas.so.12, else
 * libcublas.so.13 or .11 through Panama, else our own kernels.
 */
public final class Blas {
  private static final int OF_JCUBLAS = 12;
  private static final List<Integer> OTHERS = List.of(13, 11);

  private final LongFunction<CUstream> streams;
  private final LongUnaryOperator pointers;
  private final CublasLibraries libraries;
  private final List<String> failures = new ArrayList<>();

  Blas(LongFunction<CUstream> streams, LongUnaryOperator pointers, CublasLibraries libraries) {
    this.streams = streams;
    this.pointers = pointers;
    this.libraries = libraries;
  }

  /**
   * Chooses for the current context of a driver.
   *
   * @throws ConfigurationException if cuBLAS is asked for and cannot be used, saying why
   */
  public static Products choose(GemmChoice choice, JCudaDriver driver) {
    return new Blas(driver::stream, driver::pointer, CublasLibraries.usual()).choose(choice);
  }

  Products choose(GemmChoice choice) {
    if (choice == GemmChoice.OWN) {
      return new OwnProducts("as chosen");
    }
    Optional<Products> library = library();
    if (library.isPresent()) {
      return library.get();
    }
    String why = failures.isEmpty() ? "there is no cuBLAS" : String.join("; ", failures);
    if (choice == GemmChoice.CUBLAS) {
      throw new ConfigurationException(
          ("cuBLAS is asked for and cannot be used: %s. Install cuBLAS 11, 12 or 13 (%s) or put its"
                  + " folder on LD_LIBRARY_PATH, or choose --gemm own")
              .formatted(why, CublasLibraries.fileName(OF_JCUBLAS)));
    }
    return new OwnProducts("since " + why);
  }

  private Optional<Products> library() {
    Optional<SymbolLookup> twelve = libraries.open(OF_JCUBLAS);
    if (twelve.isPresent()) {
      Optional<Products> found = jcublas().or(() -> panama(OF_JCUBLAS, twelve.get()));
      if (found.isPresent()) {
        return found;
      }
    }
    for (int major : OTHERS) {
      Optional<Products> found = libraries.open(major).flatMap(file -> panama(major, file));
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  private Optional<Products> jcublas() {
    try {
      return Optional.of(new LibraryProducts(new JCublas(streams), ""));
    } catch (CudaException | LinkageError e) {
      failures.add("JCublas: " + e.getMessage());
      return Optional.empty();
    }
  }

  private Optional<Products> panama(int major, SymbolLookup library) {
    String file = CublasLibraries.fileName(major);
    try {
      String why = failures.isEmpty() ? "found as " + file : String.join("; ", failures);
      return Optional.of(new LibraryProducts(new PanamaCublas(library, pointers), why));
    } catch (CudaException | IllegalArgumentException e) {
      failures.add(file + ": " + e.getMessage());
      return Optional.empty();
    }
  }
}
