package dev.gatun.cuda;

import dev.gatun.device.Command.Argument;
import dev.gatun.device.Command.Dim3;
import dev.gatun.device.Command.Gemm;
import dev.gatun.device.Command.Launch;
import dev.gatun.memory.Buffer;
import java.util.List;

/**
 * The factors of a product rounded to bf16, in memory that the queue lends: A, then B. The rows of
 * both are filled up with zeros to a multiple of 16 bytes, which the copies of {@code
 * matmul_bf16.cu} need and tensor cores like.
 */
record Bf16Factors(Gemm gemm) {
  private static final int CHUNK = 8;
  private static final int BLOCK = 256;
  private static final long ALIGNMENT = 64;

  /** The leading dimension of A: the length of its rows. */
  int lda() {
    return padded(columnsOfA());
  }

  int ldb() {
    return padded(columnsOfB());
  }

  private static int padded(int columns) {
    return Math.multiplyExact(Math.ceilDiv(columns, CHUNK), CHUNK);
  }

  private int rowsOfA() {
    return gemm.transposeA() ? gemm.k() : gemm.m();
  }

  private int columnsOfA() {
    return gemm.transposeA() ? gemm.m() : gemm.k();
  }

  private int rowsOfB() {
    return gemm.transposeB() ? gemm.n() : gemm.k();
  }

  private int columnsOfB() {
    return gemm.transposeB() ? gemm.k() : gemm.n();
  }

  /** Where B begins. */
  long offsetOfB() {
    return Math.ceilDiv(2L * rowsOfA() * lda(), ALIGNMENT) * ALIGNMENT;
  }

  /** What both need. */
  long bytes() {
    return offsetOfB() + 2L * rowsOfB() * ldb();
  }

  Argument a() {
    return new Argument.Scratch(bytes(), 0);
  }

  Argument b() {
    return new Argument.Scratch(bytes(), offsetOfB());
  }

  /** The launches that make them. */
  List<Launch> pack() {
    return List.of(
        pack(gemm.a(), a(), rowsOfA(), columnsOfA()), pack(gemm.b(), b(), rowsOfB(), columnsOfB()));
  }

  private static Launch pack(Buffer source, Argument target, int rows, int columns) {
    int ld = padded(columns);
    long chunks = (long) rows * (ld / CHUNK);
    return new Launch(
        "matmul_pack_bf16",
        new Dim3(Math.toIntExact(Math.ceilDiv(chunks, (long) BLOCK)), 1, 1),
        new Dim3(BLOCK, 1, 1),
        0,
        List.of(
            new Argument.Address(source, 0),
            target,
            new Argument.I32(rows),
            new Argument.I32(columns),
            new Argument.I32(ld)));
  }
}
