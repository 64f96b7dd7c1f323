package dev.gatun.cli;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.gatun.cpu.Layout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/**
 * OpenBLAS, found at run time, for comparison only: nothing we compute depends on it.
 *
 * <p>The library chooses its kernels once, when it is loaded, from the processor and from
 * environment variables. Those are cleared first, so that it runs the best it has. Its idle threads
 * wait for the next product as long as ours do and then sleep; by default they spin for a tenth of
 * a second and more, on the core that ours have their turn on.
 */
final class OpenBlas {
  private static final int ROW_MAJOR = 101; // cblas.h: CblasRowMajor
  private static final int NO_TRANSPOSE = 111;
  private static final int TRANSPOSE = 112;

  /** Base-two logarithm of the cycles for which an idle thread spins: some 400 µs. */
  private static final String THREAD_TIMEOUT = "20";

  private final MethodHandle sgemm;
  private final MethodHandle setThreads;
  private final MethodHandle coreName;

  private OpenBlas(SymbolLookup library) {
    sgemm =
        handle(
            library,
            "cblas_sgemm",
            FunctionDescriptor.ofVoid(
                JAVA_INT,
                JAVA_INT,
                JAVA_INT,
                JAVA_INT,
                JAVA_INT,
                JAVA_INT,
                JAVA_FLOAT,
                ADDRESS,
                JAVA_INT,
                ADDRESS,
                JAVA_INT,
                JAVA_FLOAT,
                ADDRESS,
                JAVA_INT));
    setThreads = handle(library, "openblas_set_num_threads", FunctionDescriptor.ofVoid(JAVA_INT));
    coreName = handle(library, "openblas_get_corename", FunctionDescriptor.of(ADDRESS));
  }

  /**
   * Loads the library.
   *
   * @param library a file name, or a name that the system's loader knows
   * @param coreType the kernels to use, for example {@code Haswell}; empty for the best
   * @return empty if the system has no such library
   */
  static Optional<OpenBlas> open(String library, Optional<String> coreType) {
    setEnvironment("OPENBLAS_L2_SIZE", Optional.empty());
    setEnvironment("OPENBLAS_CORETYPE", coreType);
    setEnvironment("OPENBLAS_THREAD_TIMEOUT", Optional.of(THREAD_TIMEOUT));
    SymbolLookup lookup;
    try {
      lookup = SymbolLookup.libraryLookup(library, Arena.global());
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
    return Optional.of(new OpenBlas(lookup));
  }

  /** The processor whose kernels run. */
  String coreName() {
    try {
      MemorySegment name = (MemorySegment) coreName.invokeExact();
      return name.reinterpret(64).getString(0);
    } catch (Throwable e) {
      throw failed("openblas_get_corename", e);
    }
  }

  void setThreads(int threads) {
    try {
      setThreads.invokeExact(threads);
    } catch (Throwable e) {
      throw failed("openblas_set_num_threads", e);
    }
  }

  /** {@code C = op(A) op(B)} for dense row-major matrices. */
  void multiply(
      Layout layout, int m, int n, int k, MemorySegment a, MemorySegment b, MemorySegment c) {
    int aTransposed = layout == Layout.TN ? TRANSPOSE : NO_TRANSPOSE;
    int bTransposed = layout == Layout.NT ? TRANSPOSE : NO_TRANSPOSE;
    int lda = layout == Layout.TN ? m : k;
    int ldb = layout == Layout.NT ? k : n;
    try {
      sgemm.invokeExact(ROW_MAJOR, aTransposed, bTransposed, m, n, k, 1f, a, lda, b, ldb, 0f, c, n);
    } catch (Throwable e) {
      throw failed("cblas_sgemm", e);
    }
  }

  private static void setEnvironment(String name, Optional<String> value) {
    SymbolLookup standard = Linker.nativeLinker().defaultLookup();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment key = arena.allocateFrom(name);
      int result;
      if (value.isPresent()) {
        FunctionDescriptor type = FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_INT);
        MemorySegment text = arena.allocateFrom(value.get());
        result = (int) handle(standard, "setenv", type).invokeExact(key, text, 1);
      } else {
        FunctionDescriptor type = FunctionDescriptor.of(JAVA_INT, ADDRESS);
        result = (int) handle(standard, "unsetenv", type).invokeExact(key);
      }
      if (result != 0) {
        throw new IllegalStateException("cannot change the environment variable " + name);
      }
    } catch (Throwable e) {
      throw failed("setenv", e);
    }
  }

  private static MethodHandle handle(SymbolLookup library, String name, FunctionDescriptor type) {
    MemorySegment address =
        library
            .find(name)
            .orElseThrow(() -> new IllegalStateException("the library has no function " + name));
    return Linker.nativeLinker().downcallHandle(address, type);
  }

  /** The function itself throws nothing: only errors of the VM arrive here. */
  private static RuntimeException failed(String function, Throwable e) {
    if (e instanceof Error error) {
      throw error;
    }
    return e instanceof RuntimeException runtime
        ? runtime
        : new IllegalStateException(function + " failed", e);
  }
}
