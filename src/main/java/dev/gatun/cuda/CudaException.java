package dev.gatun.cuda;

/**
 * A call of the CUDA driver that failed.
 *
 * <p>Some failures are <em>sticky</em>: the context is lost, and every later call fails with the
 * same code until the process ends.
 */
public final class CudaException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public static final int INVALID_VALUE = 1;
  public static final int OUT_OF_MEMORY = 2;
  public static final int NO_DEVICE = 100;
  public static final int INVALID_DEVICE = 101;
  public static final int INVALID_CONTEXT = 201;
  public static final int INVALID_PTX = 218;
  public static final int UNSUPPORTED_PTX_VERSION = 222;
  public static final int INVALID_HANDLE = 400;
  public static final int ILLEGAL_STATE = 401;
  public static final int NOT_FOUND = 500;
  public static final int NOT_READY = 600;
  public static final int ILLEGAL_ADDRESS = 700;
  public static final int LAUNCH_OUT_OF_RESOURCES = 701;
  public static final int LAUNCH_TIMEOUT = 702;
  public static final int ASSERT = 710;
  public static final int MISALIGNED_ADDRESS = 716;
  public static final int LAUNCH_FAILED = 719;
  public static final int NOT_SUPPORTED = 801;
  public static final int STREAM_CAPTURE_UNSUPPORTED = 900;
  public static final int STREAM_CAPTURE_INVALIDATED = 901;
  public static final int UNKNOWN = 999;

  private final int code;

  /**
   * @param code a CUresult, one of the constants for all that a caller may want to tell apart
   * @param detail the call and what was wrong, for example the name of the entry that is missing
   */
  public CudaException(int code, String detail) {
    super("CUDA error " + code + ": " + detail);
    this.code = code;
  }

  /** As the other constructor, with what led to it. */
  public CudaException(int code, String detail, Throwable cause) {
    super("CUDA error " + code + ": " + detail, cause);
    this.code = code;
  }

  /** The CUresult. */
  public int code() {
    return code;
  }

  /** Whether work cannot be captured, which otherwise runs. */
  public boolean isOfCapture() {
    return code == NOT_SUPPORTED || (code >= STREAM_CAPTURE_UNSUPPORTED && code <= 908);
  }

  /** Whether the context is lost, so that no further call can succeed. */
  public boolean isSticky() {
    return switch (code) {
      case ILLEGAL_ADDRESS, LAUNCH_TIMEOUT, ASSERT, MISALIGNED_ADDRESS, LAUNCH_FAILED -> true;
      default -> code >= 714 && code <= 718;
    };
  }
}
