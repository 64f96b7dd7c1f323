package dev.gatun.cuda;

import java.util.Locale;

/**
 * One handle of cuBLAS: the calls that Gatun makes, through one binding or another.
 *
 * <p>Matrices are column-major, as everywhere in BLAS: {@code C = op(A)·op(B) + beta·C} with op(A)
 * [m,k], op(B) [k,n], C [m,n], and a leading dimension is the distance between two columns.
 */
interface Cublas extends AutoCloseable {
  /** The type of a factor; the numbers are those of {@code cudaDataType}. */
  enum Factor {
    F32(0),
    BF16(14);

    private final int number;

    Factor(int number) {
      this.number = number;
    }

    int number() {
      return number;
    }

    /**
     * The {@code cublasComputeType_t}. F32 is pedantic: no TF32, which has 10 bits after the point,
     * whatever NVIDIA_TF32_OVERRIDE says. bf16 multiplies exactly and accumulates in F32.
     */
    int computeType() {
      return switch (this) {
        case F32 -> 69; // CUBLAS_COMPUTE_32F_PEDANTIC
        case BF16 -> 68; // CUBLAS_COMPUTE_32F
      };
    }
  }

  /** CUBLAS_MATH_DISALLOW_REDUCED_PRECISION_REDUCTION: split sums over k meet in F32 as well. */
  int MATH_MODE = 16;

  /** {@code CUDA_R_32F}, the type of C. */
  int RESULT_TYPE = 0;

  /** CUBLAS_GEMM_DEFAULT. */
  int ALGORITHM = -1;

  int SUCCESS = 0;
  int NOT_INITIALIZED = 1;
  int ALLOC_FAILED = 3;

  /**
   * One product.
   *
   * @param a its address on the device
   * @param beta 0: C is only written
   */
  record Call(
      boolean transposeA,
      boolean transposeB,
      int m,
      int n,
      int k,
      Factor factor,
      long a,
      int lda,
      long b,
      int ldb,
      float beta,
      long c,
      int ldc) {}

  /** The binding: {@code JCublas} or {@code Panama}. */
  String binding();

  /** {@code cublasGetVersion}: 120601 is 12.6.1. */
  int version();

  /** {@code cublasSetStream}: a stream of the driver. */
  void setStream(long stream);

  /** {@code cublasGemmEx} with C in F32. */
  void gemm(Call call);

  /** {@code cublasDestroy}. */
  @Override
  void close();

  /** Who computes and which release it is, for messages. */
  default String description() {
    int version = version();
    return "cuBLAS %d.%d.%d through %s"
        .formatted(version / 10_000, version / 100 % 100, version % 100, binding());
  }

  /** Throws unless a call has succeeded. */
  static void check(int status, String call) {
    if (status != SUCCESS) {
      int code = status == ALLOC_FAILED ? CudaException.OUT_OF_MEMORY : CudaException.UNKNOWN;
      throw new CudaException(code, call + " failed with " + name(status));
    }
  }

  private static String name(int status) {
    return switch (status) {
      case NOT_INITIALIZED -> "CUBLAS_STATUS_NOT_INITIALIZED";
      case ALLOC_FAILED -> "CUBLAS_STATUS_ALLOC_FAILED";
      case 7 -> "CUBLAS_STATUS_INVALID_VALUE";
      case 8 -> "CUBLAS_STATUS_ARCH_MISMATCH";
      case 13 -> "CUBLAS_STATUS_EXECUTION_FAILED";
      case 14 -> "CUBLAS_STATUS_INTERNAL_ERROR";
      case 15 -> "CUBLAS_STATUS_NOT_SUPPORTED";
      default -> String.format(Locale.ROOT, "status %d", status);
    };
  }
}
