package dev.gatun.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.function.LongUnaryOperator;

/** cuBLAS 11, 12 or 13 by its C functions, whose signatures are the same in all of them. */
final class PanamaCublas implements Cublas {
  private static final int OP_N = 0;
  private static final int OP_T = 1;

  private final Arena arena = Arena.ofShared();
  private final MethodHandle setStream;
  private final MethodHandle getVersion;
  private final MethodHandle gemmEx;
  private final MethodHandle destroy;
  private final MemorySegment one = arena.allocateFrom(JAVA_FLOAT, 1);
  private final MemorySegment beta = arena.allocate(JAVA_FLOAT);
  private final LongUnaryOperator streams;
  private final long handle;

  /**
   * Creates a handle in the current context.
   *
   * @param library a libcublas
   * @param streams the CUstream of a number that the driver gave out
   * @throws IllegalArgumentException if the library lacks a function
   */
  PanamaCublas(SymbolLookup library, LongUnaryOperator streams) {
    this.streams = streams;
    setStream = function(library, "cublasSetStream_v2", JAVA_LONG, JAVA_LONG);
    getVersion = function(library, "cublasGetVersion_v2", JAVA_LONG, ADDRESS);
    destroy = function(library, "cublasDestroy_v2", JAVA_LONG);
    gemmEx =
        function(
            library,
            "cublasGemmEx",
            JAVA_LONG, // handle
            JAVA_INT, // transa
            JAVA_INT, // transb
            JAVA_INT, // m
            JAVA_INT, // n
            JAVA_INT, // k
            ADDRESS, // alpha
            JAVA_LONG, // A
            JAVA_INT, // Atype
            JAVA_INT, // lda
            JAVA_LONG, // B
            JAVA_INT, // Btype
            JAVA_INT, // ldb
            ADDRESS, // beta
            JAVA_LONG, // C
            JAVA_INT, // Ctype
            JAVA_INT, // ldc
            JAVA_INT, // computeType
            JAVA_INT); // algo
    this.handle = create(library);
    MethodHandle setMathMode = function(library, "cublasSetMathMode", JAVA_LONG, JAVA_INT);
    call("cublasSetMathMode", () -> (int) setMathMode.invokeExact(handle, MATH_MODE));
  }

  private long create(SymbolLookup library) {
    MethodHandle create = function(library, "cublasCreate_v2", ADDRESS);
    MemorySegment created = arena.allocate(JAVA_LONG);
    call("cublasCreate", () -> (int) create.invokeExact(created));
    return created.get(JAVA_LONG, 0);
  }

  /** A function that returns a cublasStatus_t; pointers to the device and handles are numbers. */
  private static MethodHandle function(
      SymbolLookup library, String name, java.lang.foreign.MemoryLayout... parameters) {
    MemorySegment address =
        library
            .find(name)
            .orElseThrow(() -> new IllegalArgumentException("it has no function " + name));
    return Linker.nativeLinker()
        .downcallHandle(address, FunctionDescriptor.of(JAVA_INT, parameters));
  }

  @Override
  public String binding() {
    return "Panama";
  }

  @Override
  public int version() {
    try (Arena scratch = Arena.ofConfined()) {
      MemorySegment version = scratch.allocate(JAVA_INT);
      call("cublasGetVersion", () -> (int) getVersion.invokeExact(handle, version));
      return version.get(JAVA_INT, 0);
    }
  }

  @Override
  public void setStream(long stream) {
    long pointer = streams.applyAsLong(stream);
    call("cublasSetStream", () -> (int) setStream.invokeExact(handle, pointer));
  }

  @Override
  public void gemm(Call c) {
    beta.set(JAVA_FLOAT, 0, c.beta());
    call(
        "cublasGemmEx",
        () ->
            (int)
                gemmEx.invokeExact(
                    handle,
                    c.transposeA() ? OP_T : OP_N,
                    c.transposeB() ? OP_T : OP_N,
                    c.m(),
                    c.n(),
                    c.k(),
                    one,
                    c.a(),
                    c.factor().number(),
                    c.lda(),
                    c.b(),
                    c.factor().number(),
                    c.ldb(),
                    beta,
                    c.c(),
                    RESULT_TYPE,
                    c.ldc(),
                    c.factor().computeType(),
                    ALGORITHM));
  }

  @Override
  public void close() {
    call("cublasDestroy", () -> (int) destroy.invokeExact(handle));
    arena.close();
  }

  private interface Downcall {
    int invoke() throws Throwable;
  }

  /** The functions themselves throw nothing: only errors of the VM arrive here. */
  private static void call(String name, Downcall downcall) {
    int status;
    try {
      status = downcall.invoke();
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(name + " could not be called", e);
    }
    Cublas.check(status, name);
  }
}
