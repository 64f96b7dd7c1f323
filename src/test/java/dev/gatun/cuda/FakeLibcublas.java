package dev.gatun.cuda;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A libcublas that computes products with plain loops in C, after it has checked what the real one
 * checks. It fetches the matrices through two functions of the driver and brings the result back.
 *
 * <p>Status 15 says that the call is not one that Gatun means to make: TF32 allowed, another
 * algorithm, a stream that was never set.
 */
final class FakeLibcublas {
  private static final String CODE =
      """
      #include <stdlib.h>
      #include <string.h>
      int (*fake_read)(void *host, long device, long bytes);
      int (*fake_write)(long device, const void *host, long bytes);
      int (*fake_wait)(long stream);
      int fake_create_status;
      long fake_calls;
      long fake_stream;
      struct handle { int magic; long stream; int mode; };

      static int invalid(struct handle *h) { return !h || h->magic != 4711; }

      int cublasCreate_v2(struct handle **out) {
        if (fake_create_status) return fake_create_status;
        *out = calloc(1, sizeof **out);
        (*out)->magic = 4711;
        (*out)->stream = -1;
        return 0;
      }
      int cublasDestroy_v2(struct handle *h) {
        if (invalid(h)) return 1;
        h->magic = 0;
        free(h);
        return 0;
      }
      int cublasGetVersion_v2(struct handle *h, int *version) {
        if (invalid(h)) return 1;
        *version = VERSION;
        return 0;
      }
      int cublasSetStream_v2(struct handle *h, long stream) {
        if (invalid(h)) return 1;
        h->stream = stream;
        fake_stream = stream;
        return 0;
      }
      int cublasSetMathMode(struct handle *h, int mode) {
        if (invalid(h)) return 1;
        h->mode = mode;
        return 0;
      }

      static float at(const void *p, int type, long i) {
        if (type == 0) return ((const float *)p)[i];
        unsigned bits = (unsigned)((const unsigned short *)p)[i] << 16;
        float x;
        memcpy(&x, &bits, 4);
        return x;
      }
      static void *fetch(long device, int type, int transposed, int rows, int columns, int ld) {
        long lines = transposed ? rows : columns, length = transposed ? columns : rows;
        long bytes = ((lines - 1) * ld + length) * (type == 0 ? 4 : 2);
        void *host = malloc(bytes);
        return fake_read(host, device, bytes) ? NULL : host;
      }
      int cublasGemmEx(struct handle *h, int ta, int tb, int m, int n, int k, const float *alpha,
                       long a, int ta_type, int lda, long b, int tb_type, int ldb,
                       const float *beta, long c, int c_type, int ldc, int compute, int algorithm) {
        if (invalid(h)) return 1;
        if (ta < 0 || ta > 1 || tb < 0 || tb > 1 || m < 1 || n < 1 || k < 1) return 7;
        if (lda < (ta ? k : m) || ldb < (tb ? n : k) || ldc < m) return 7;
        int f32 = ta_type == 0 && tb_type == 0 && compute == 69;
        int bf16 = ta_type == 14 && tb_type == 14 && compute == 68;
        if (!(f32 || bf16) || c_type != 0 || algorithm != -1 || h->mode != 16) return 15;
        if (h->stream == -1) return 15;
        if (fake_wait(h->stream)) return 13;
        void *x = fetch(a, ta_type, ta, m, k, lda), *y = fetch(b, tb_type, tb, k, n, ldb);
        float *z = fetch(c, 0, 0, m, n, ldc);
        if (!x || !y || !z) return 13;
        for (long j = 0; j < n; j++)
          for (long i = 0; i < m; i++) {
            float sum = 0;
            for (long l = 0; l < k; l++)
              sum += at(x, ta_type, ta ? l + i * lda : i + l * lda)
                  * at(y, tb_type, tb ? j + l * ldb : l + j * ldb);
            float *target = z + i + j * ldc;
            *target = *alpha * sum + (*beta == 0 ? 0 : *beta * *target);
          }
        int status = fake_write(c, z, 4 * ((n - 1L) * ldc + m));
        free(x), free(y), free(z);
        fake_calls++;
        return status ? 13 : 0;
      }
      """;

  private static final Pattern DEFINED = Pattern.compile("(?m)^int (cublas\\w+)\\(");

  private final SymbolLookup library;

  /** The library, loaded already. */
  FakeLibcublas(SymbolLookup library) {
    this.library = library;
  }

  /** The source; every other function that is imported answers CUBLAS_STATUS_NOT_SUPPORTED. */
  static String source(Set<String> imports) {
    Set<String> absent = new TreeSet<>(imports);
    Matcher defined = DEFINED.matcher(CODE);
    while (defined.find()) {
      absent.remove(defined.group(1));
    }
    StringBuilder source = new StringBuilder(CODE);
    absent.forEach(name -> source.append("int %s(void) { return 15; }%n".formatted(name)));
    return source.toString();
  }

  /** Gives it the functions of a driver that copy memory, and the one that waits for a stream. */
  void connect(SymbolLookup driver) {
    variable("fake_read", 8)
        .set(ValueLayout.JAVA_LONG, 0, driver.findOrThrow("cuMemcpyDtoH_v2").address());
    variable("fake_write", 8)
        .set(ValueLayout.JAVA_LONG, 0, driver.findOrThrow("cuMemcpyHtoD_v2").address());
    variable("fake_wait", 8)
        .set(ValueLayout.JAVA_LONG, 0, driver.findOrThrow("cuStreamSynchronize").address());
  }

  /** What {@code cublasCreate} answers from now on. */
  void failCreation(int status) {
    variable("fake_create_status", 4).set(ValueLayout.JAVA_INT, 0, status);
  }

  /** Products computed so far. */
  long calls() {
    return variable("fake_calls", 8).get(ValueLayout.JAVA_LONG, 0);
  }

  /** The stream that was set last. */
  long stream() {
    return variable("fake_stream", 8).get(ValueLayout.JAVA_LONG, 0);
  }

  private MemorySegment variable(String name, long bytes) {
    return library.findOrThrow(name).reinterpret(bytes);
  }
}
