package dev.gatun.cuda;

import static jcuda.jcublas.JCublas2.cublasCreate;
import static jcuda.jcublas.JCublas2.cublasDestroy;
import static jcuda.jcublas.JCublas2.cublasGemmEx_new;
import static jcuda.jcublas.JCublas2.cublasGetVersion;
import static jcuda.jcublas.JCublas2.cublasSetMathMode;
import static jcuda.jcublas.JCublas2.cublasSetStream;
import static jcuda.jcublas.cublasOperation.CUBLAS_OP_N;
import static jcuda.jcublas.cublasOperation.CUBLAS_OP_T;

import java.util.function.LongFunction;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUstream;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasHandle;
import jcuda.runtime.cudaStream_t;

/** cuBLAS 12 through JCublas, whose library is linked with {@code libcublas.so.12}. */
final class JCublas implements Cublas {
  private final cublasHandle handle = new cublasHandle();
  private final LongFunction<CUstream> streams;

  /**
   * Creates a handle in the current context.
   *
   * @param streams the stream of a number that the driver gave out
   * @throws LinkageError if there is no libcublas.so.12
   */
  JCublas(LongFunction<CUstream> streams) {
    PrivateNatives.initialize("jcuda.jcublas.JCublas2");
    JCublas2.setExceptionsEnabled(false);
    this.streams = streams;
    Cublas.check(cublasCreate(handle), "cublasCreate");
    Cublas.check(cublasSetMathMode(handle, MATH_MODE), "cublasSetMathMode");
  }

  @Override
  public String binding() {
    return "JCublas";
  }

  @Override
  public int version() {
    int[] version = {0};
    Cublas.check(cublasGetVersion(handle, version), "cublasGetVersion");
    return version[0];
  }

  @Override
  public void setStream(long stream) {
    Cublas.check(
        cublasSetStream(handle, new cudaStream_t(streams.apply(stream))), "cublasSetStream");
  }

  @Override
  public void gemm(Call call) {
    int status =
        cublasGemmEx_new(
            handle,
            call.transposeA() ? CUBLAS_OP_T : CUBLAS_OP_N,
            call.transposeB() ? CUBLAS_OP_T : CUBLAS_OP_N,
            call.m(),
            call.n(),
            call.k(),
            Pointer.to(new float[] {1}),
            at(call.a()),
            call.factor().number(),
            call.lda(),
            at(call.b()),
            call.factor().number(),
            call.ldb(),
            Pointer.to(new float[] {call.beta()}),
            at(call.c()),
            RESULT_TYPE,
            call.ldc(),
            call.factor().computeType(),
            ALGORITHM);
    Cublas.check(status, "cublasGemmEx");
  }

  private static Pointer at(long address) {
    return new CUdeviceptr().withByteOffset(address);
  }

  @Override
  public void close() {
    Cublas.check(cublasDestroy(handle), "cublasDestroy");
  }
}
