package dev.gatun.cpu;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The tests of bits hold for every vector width: they run again in JVMs with narrower vectors. */
class VectorWidthTest {
  @ParameterizedTest
  @MethodSource("dev.gatun.cpu.ChildJvm#vectorWidths")
  void reductions(String flag) {
    ChildJvm.test(ReductionsTest.class, flag);
  }

  @ParameterizedTest
  @MethodSource("dev.gatun.cpu.ChildJvm#vectorWidths")
  void vectorMath(String flag) {
    ChildJvm.test(VectorMathTest.class, flag);
  }

  @ParameterizedTest
  @MethodSource("dev.gatun.cpu.ChildJvm#vectorWidths")
  void gemm(String flag) {
    ChildJvm.test(GemmTest.class, flag);
  }

  @ParameterizedTest
  @MethodSource("dev.gatun.cpu.ChildJvm#vectorWidths")
  void gemv(String flag) {
    ChildJvm.test(GemvTest.class, flag);
  }

  @ParameterizedTest
  @MethodSource("dev.gatun.cpu.ChildJvm#vectorWidths")
  void halfPrecision(String flag) {
    ChildJvm.test(HalfPrecisionTest.class, flag);
  }

  @ParameterizedTest
  @MethodSource("dev.gatun.cpu.ChildJvm#vectorWidths")
  void storedMatrices(String flag) {
    ChildJvm.test(StoredMatrixTest.class, flag);
  }
}
