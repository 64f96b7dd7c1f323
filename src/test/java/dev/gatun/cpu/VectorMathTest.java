package dev.gatun.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class VectorMathTest {
  private static final float[] SPECIAL = {
    0f,
    -0f,
    1f,
    -1f,
    Float.MIN_VALUE,
    -Float.MIN_VALUE,
    Float.MIN_NORMAL,
    -Float.MIN_NORMAL,
    Math.nextDown(Float.MIN_NORMAL),
    Float.MAX_VALUE,
    -Float.MAX_VALUE,
    Float.POSITIVE_INFINITY,
    Float.NEGATIVE_INFINITY,
    Float.NaN,
    Float.intBitsToFloat(0x7fc00001),
    Float.intBitsToFloat(0x7f8001ff),
    Float.intBitsToFloat(0xffffffff),
    88.72283f,
    88.72284f,
    88.8f,
    -87.33654f,
    -87.33655f,
    -88f,
    0.5f,
    (float) Math.sqrt(0.5),
    (float) Math.sqrt(2),
    4f,
    10f
  };

  interface Scalar {
    float apply(float x);
  }

  /**
   * A function with its double reference; the error bound holds for |x| in [from, to] where the
   * reference is a normal float.
   */
  record Function(
      String name,
      UnaryOperator<FloatVector> vector,
      Scalar scalar,
      DoubleUnaryOperator reference,
      float from,
      float to,
      double absolute,
      double relative) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Function> functions() {
    double none = Double.POSITIVE_INFINITY;
    return Stream.of(
        new Function(
            "exp",
            VectorMath::exp,
            VectorMath::exp,
            StrictMath::exp,
            -87.33654f,
            88.72283f,
            none,
            1e-7),
        new Function(
            "log",
            VectorMath::log,
            VectorMath::log,
            StrictMath::log,
            Float.MIN_VALUE,
            Float.MAX_VALUE,
            none,
            1.2e-7),
        new Function(
            "sigmoid",
            VectorMath::sigmoid,
            VectorMath::sigmoid,
            x -> 1 / (1 + StrictMath.exp(-x)),
            -87.3f,
            Float.MAX_VALUE,
            1e-7,
            2.5e-7),
        new Function(
            "tanh",
            VectorMath::tanh,
            VectorMath::tanh,
            StrictMath::tanh,
            -Float.MAX_VALUE,
            Float.MAX_VALUE,
            1e-7,
            2e-7),
        new Function(
            "erf",
            VectorMath::erf,
            VectorMath::erf,
            VectorMathTest::erf,
            -Float.MAX_VALUE,
            Float.MAX_VALUE,
            1e-7,
            2.5e-7));
  }

  @ParameterizedTest
  @MethodSource("functions")
  void vectorAndScalarHaveEqualBits(Function function) {
    float[] values = values();
    float[] results = new float[values.length];
    for (int i = 0; i < values.length; i += Simd.LENGTH) {
      function.vector().apply(FloatVector.fromArray(Simd.SPECIES, values, i)).intoArray(results, i);
    }
    for (int i = 0; i < values.length; i++) {
      float scalar = function.scalar().apply(values[i]);
      if (Float.floatToIntBits(scalar) != Float.floatToIntBits(results[i])) {
        assertEquals(Float.toHexString(scalar), Float.toHexString(results[i]), "x = " + values[i]);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("functions")
  void errorIsWithinItsBound(Function function) {
    for (float x : values()) {
      if (!(function.from() <= x && x <= function.to())) {
        continue;
      }
      double expected = function.reference().applyAsDouble(x);
      double error = Math.abs(function.scalar().apply(x) - expected);
      assertTrue(error <= function.absolute(), () -> function + "(" + x + "): error " + error);
      if (Math.abs(expected) >= Float.MIN_NORMAL) {
        double relative = error / Math.abs(expected);
        assertTrue(
            relative <= function.relative(), () -> function + "(" + x + "): error " + relative);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "exp, -Infinity, 0",
    "exp, Infinity, Infinity",
    "exp, 88.8, Infinity",
    "exp, -88, 0",
    "exp, 0, 1",
    "exp, -0.0, 1",
    "log, 0, -Infinity",
    "log, -0.0, -Infinity",
    "log, -1, NaN",
    "log, -Infinity, NaN",
    "log, Infinity, Infinity",
    "log, 1, 0",
    "tanh, -0.0, -0.0",
    "tanh, 0, 0",
    "tanh, Infinity, 1",
    "tanh, -Infinity, -1",
    "tanh, 10, 1",
    "tanh, 1e-40, 1e-40",
    "erf, -0.0, -0.0",
    "erf, Infinity, 1",
    "erf, -Infinity, -1",
    "erf, 4, 1",
    "sigmoid, 0, 0.5",
    "sigmoid, Infinity, 1",
    "sigmoid, -Infinity, 0",
    "sigmoid, -200, 0",
    "exp, NaN, NaN",
    "log, NaN, NaN",
    "tanh, NaN, NaN",
    "erf, NaN, NaN",
    "sigmoid, NaN, NaN"
  })
  void limits(String name, float x, float expected) {
    Function function =
        functions().filter(candidate -> candidate.name().equals(name)).findFirst().orElseThrow();
    assertEquals(expected, function.scalar().apply(x));
  }

  @ParameterizedTest
  @MethodSource("functions")
  void everyNaNStaysNaN(Function function) {
    SplittableRandom random = new SplittableRandom(5);
    for (int i = 0; i < 1000; i++) {
      float nan = Float.intBitsToFloat(0x7f800001 | random.nextInt());
      if (Float.isNaN(nan)) {
        assertTrue(Float.isNaN(function.scalar().apply(nan)));
        FloatVector y = function.vector().apply(FloatVector.broadcast(Simd.SPECIES, nan));
        assertTrue(Float.isNaN(y.lane(0)));
      }
    }
  }

  @Test
  void theReferenceOfErfIsRight() {
    // Abramowitz and Stegun, table 7.1.
    assertEquals(0.1124629160, erf(0.1), 1e-10);
    assertEquals(0.5204998778, erf(0.5), 1e-10);
    assertEquals(0.8427007929, erf(1.0), 1e-10);
    assertEquals(0.9953222650, erf(2.0), 1e-10);
  }

  /** Special values, all binades of both signs, and dense samples where the functions bend. */
  private static float[] values() {
    List<Float> values = new ArrayList<>();
    for (float x : SPECIAL) {
      values.add(x);
    }
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < 30_000; i++) {
      values.add(Float.intBitsToFloat(random.nextInt()));
      values.add((float) random.nextDouble(-100, 100));
      values.add((float) random.nextDouble(-4, 4));
      values.add((float) random.nextDouble(0.5, 2));
    }
    while (values.size() % Simd.LANES != 0) {
      values.add(0f);
    }
    float[] array = new float[values.size()];
    for (int i = 0; i < array.length; i++) {
      array[i] = values.get(i);
    }
    return array;
  }

  /** erf in double: the series 2/sqrt(pi) e^(-x^2) sum 2^n x^(2n+1) / (2n+1)!!, which is stable. */
  private static double erf(double x) {
    if (Double.isNaN(x) || Math.abs(x) > 6) {
      return Double.isNaN(x) ? x : Math.signum(x);
    }
    double term = x;
    double sum = x;
    for (int n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
      term *= 2 * x * x / (2 * n + 1);
      sum += term;
    }
    return 2 / Math.sqrt(Math.PI) * StrictMath.exp(-x * x) * sum;
  }
}
