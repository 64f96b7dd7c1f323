package dev.gatun.cpu;

import static dev.gatun.cpu.Simd.SPECIES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * Elementary functions as polynomials with fma, each for a vector and for one float with equal
 * bits, so that neither vector width nor position in a row shows in a result.
 *
 * <p>A vector form must be inlined, for a vector that a call returns lives on the heap, a hundred
 * times slower. C2 stops inlining methods that are not forced, which are all but those of the JDK,
 * once a compilation has grown to 18,000 nodes, about 500 for each vector operation. So the vector
 * forms here are written out, without methods of their own: exp is 20 operations, tanh and erf are
 * 28. A loop around one of them may have about as many operations before the call, and should use
 * {@code intoMemorySegment} itself after it, rather than a method that stores.
 *
 * <p>Error bounds are those the tests assert over the whole range:
 *
 * <pre>
 *   exp      relative 1e-7; 0 below -87.33655, where the result would be subnormal
 *   log      1 ulp
 *   sigmoid  relative 2.5e-7; 0 below -88.72284
 *   tanh     absolute 1e-7, relative 2e-7
 *   erf      absolute 1e-7, relative 2.5e-7
 * </pre>
 *
 * <p>NaN gives NaN; at infinities and zeros the functions have their limits and keep the sign of
 * zero.
 */
public final class VectorMath {
  // exp: x = n ln 2 + r with |r| <= ln(2)/2, e^x = 2^n e^r (Cody and Waite, "Software Manual for
  // the Elementary Functions", 1980, chapter 6); e^r = 1 + r + r^2 P(r), minimax to 3e-9.
  private static final float LOG2_E = 1.442695f;
  private static final float LN2_HIGH = 0x1.63p-1f; // 9 bits: n * LN2_HIGH is exact
  private static final float LN2_LOW = -2.12194440e-4f;
  private static final float EXP_4 = 0.0013814467f;
  private static final float EXP_3 = 0.008368781f;
  private static final float EXP_2 = 0.041668393f;
  private static final float EXP_1 = 0.1666652f;
  private static final float EXP_0 = 0.49999994f;

  /** 1.5 * 2^23: adding it rounds to an integer and leaves that in the low bits. */
  private static final float ROUND = 0x1.8p23f;

  private static final float EXP_UNDERFLOW = -87.33654f; // e^x < 2^-126 below
  private static final float EXP_OVERFLOW = 88.72283f; // e^x rounds to infinity above

  private static final int ONE_BITS = 0x3f800000;
  private static final int MANTISSA_BITS = 23;
  private static final int SIGN_BIT = 0x80000000;

  // log: x = 2^k m with m in [sqrt(1/2), sqrt(2)), f = m - 1,
  // log x = k ln 2 + f - f^2 / 2 + f^3 P(f) with P of Cephes logf.c.
  private static final int SQRT_HALF_BITS = 0x3f3504f3;
  private static final float LOG_8 = 0.070376836f;
  private static final float LOG_7 = -0.1151461f;
  private static final float LOG_6 = 0.116769984f;
  private static final float LOG_5 = -0.12420141f;
  private static final float LOG_4 = 0.14249323f;
  private static final float LOG_3 = -0.16668057f;
  private static final float LOG_2 = 0.20000714f;
  private static final float LOG_1 = -0.24999994f;
  private static final float LOG_0 = 0.3333333f;

  /** tanh and erf are 1 in float from here on. */
  private static final float TANH_ONE = 10f;

  private static final float ERF_ONE = 4f;

  // erf: log(1 - erf(t)) = t E(t) on [0, 4]; minimax fit of our own, weighted by t erfc(t) /
  // erf(t),
  // the factor from an error of E to the relative error of erf: 4e-8.
  private static final float ERF_7 = -4.0707848e-5f;
  private static final float ERF_6 = 3.8100005e-4f;
  private static final float ERF_5 = -1.2517449e-3f;
  private static final float ERF_4 = -2.0571859e-4f;
  private static final float ERF_3 = 1.9321717e-2f;
  private static final float ERF_2 = -1.0281441e-1f;
  private static final float ERF_1 = -6.366165e-1f;
  private static final float ERF_0 = -1.1283792f;

  private VectorMath() {}

  /** {@code e^x}. */
  public static FloatVector exp(FloatVector x) {
    FloatVector rounded =
        x.fma(FloatVector.broadcast(SPECIES, LOG2_E), FloatVector.broadcast(SPECIES, ROUND));
    FloatVector n = rounded.sub(ROUND);
    FloatVector r = n.fma(FloatVector.broadcast(SPECIES, -LN2_HIGH), x);
    r = n.fma(FloatVector.broadcast(SPECIES, -LN2_LOW), r);
    FloatVector p =
        r.fma(FloatVector.broadcast(SPECIES, EXP_4), FloatVector.broadcast(SPECIES, EXP_3));
    p = p.fma(r, FloatVector.broadcast(SPECIES, EXP_2));
    p = p.fma(r, FloatVector.broadcast(SPECIES, EXP_1));
    p = p.fma(r, FloatVector.broadcast(SPECIES, EXP_0));
    FloatVector q = p.fma(r.mul(r), r); // e^r - 1
    IntVector shifted = rounded.reinterpretAsInts().lanewise(VectorOperators.LSHL, MANTISSA_BITS);
    FloatVector y = q.add(1f).reinterpretAsInts().add(shifted).reinterpretAsFloats(); // 2^n e^r
    return y.blend(0f, x.compare(VectorOperators.LT, EXP_UNDERFLOW))
        .blend(Float.POSITIVE_INFINITY, x.compare(VectorOperators.GT, EXP_OVERFLOW))
        .blend(x, x.test(VectorOperators.IS_NAN));
  }

  /** {@code e^x}, the bits of the vector form. */
  public static float exp(float x) {
    if (Float.isNaN(x)) {
      return x;
    }
    if (x < EXP_UNDERFLOW) {
      return 0f;
    }
    if (x > EXP_OVERFLOW) {
      return Float.POSITIVE_INFINITY;
    }
    float rounded = Math.fma(x, LOG2_E, ROUND);
    float p = expm1Reduced(reduced(x, rounded)) + 1f;
    int n = Float.floatToRawIntBits(rounded) << MANTISSA_BITS;
    return Float.intBitsToFloat(Float.floatToRawIntBits(p) + n);
  }

  /** {@code 1 / (1 + e^-x)}. */
  public static FloatVector sigmoid(FloatVector x) {
    return FloatVector.broadcast(SPECIES, 1f).div(exp(x.neg()).add(1f));
  }

  /** {@code 1 / (1 + e^-x)}, the bits of the vector form. */
  public static float sigmoid(float x) {
    return 1f / (exp(-x) + 1f);
  }

  /** {@code tanh x = expm1(2|x|) / (expm1(2|x|) + 2)} with the sign of x. */
  public static FloatVector tanh(FloatVector x) {
    FloatVector t = x.abs();
    t = t.blend(TANH_ONE, t.compare(VectorOperators.GT, TANH_ONE));
    FloatVector u = t.add(t);
    FloatVector rounded =
        u.fma(FloatVector.broadcast(SPECIES, LOG2_E), FloatVector.broadcast(SPECIES, ROUND));
    FloatVector n = rounded.sub(ROUND);
    FloatVector r = n.fma(FloatVector.broadcast(SPECIES, -LN2_HIGH), u);
    r = n.fma(FloatVector.broadcast(SPECIES, -LN2_LOW), r);
    FloatVector p =
        r.fma(FloatVector.broadcast(SPECIES, EXP_4), FloatVector.broadcast(SPECIES, EXP_3));
    p = p.fma(r, FloatVector.broadcast(SPECIES, EXP_2));
    p = p.fma(r, FloatVector.broadcast(SPECIES, EXP_1));
    p = p.fma(r, FloatVector.broadcast(SPECIES, EXP_0));
    FloatVector q = p.fma(r.mul(r), r); // e^r - 1
    IntVector shifted = rounded.reinterpretAsInts().lanewise(VectorOperators.LSHL, MANTISSA_BITS);
    FloatVector scale = shifted.add(ONE_BITS).reinterpretAsFloats(); // 2^n
    FloatVector m = q.fma(scale, scale.sub(1f)); // e^u - 1
    IntVector sign = x.reinterpretAsInts().and(SIGN_BIT);
    return m.div(m.add(2f)).reinterpretAsInts().or(sign).reinterpretAsFloats();
  }

  /** {@code tanh x}, the bits of the vector form. */
  public static float tanh(float x) {
    float t = Math.abs(x);
    t = t > TANH_ONE ? TANH_ONE : t;
    float m = expm1(t + t);
    return Math.copySign(m / (m + 2f), x);
  }

  /** {@code erf x = 2/sqrt(pi) times the integral of e^(-t^2) from 0 to x = -expm1(|x| E(|x|))}. */
  public static FloatVector erf(FloatVector x) {
    FloatVector t = x.abs();
    t = t.blend(ERF_ONE, t.compare(VectorOperators.GT, ERF_ONE));
    FloatVector u = t.mul(erfPolynomial(t));
    FloatVector rounded =
        u.fma(FloatVector.broadcast(SPECIES, LOG2_E), FloatVector.broadcast(SPECIES, ROUND));
    FloatVector n = rounded.sub(ROUND);
    FloatVector r = n.fma(FloatVector.broadcast(SPECIES, -LN2_HIGH), u);
    r = n.fma(FloatVector.broadcast(SPECIES, -LN2_LOW), r);
    FloatVector p =
        r.fma(FloatVector.broadcast(SPECIES, EXP_4), FloatVector.broadcast(SPECIES, EXP_3));
    p = p.fma(r, FloatVector.broadcast(SPECIES, EXP_2));
    p = p.fma(r, FloatVector.broadcast(SPECIES, EXP_1));
    p = p.fma(r, FloatVector.broadcast(SPECIES, EXP_0));
    FloatVector q = p.fma(r.mul(r), r); // e^r - 1
    IntVector shifted = rounded.reinterpretAsInts().lanewise(VectorOperators.LSHL, MANTISSA_BITS);
    FloatVector scale = shifted.add(ONE_BITS).reinterpretAsFloats(); // 2^n
    FloatVector m = q.fma(scale, scale.sub(1f)).abs(); // 1 - e^u
    IntVector sign = x.reinterpretAsInts().and(SIGN_BIT);
    return m.reinterpretAsInts().or(sign).reinterpretAsFloats();
  }

  /** {@code erf x}, the bits of the vector form. */
  public static float erf(float x) {
    float t = Math.abs(x);
    t = t > ERF_ONE ? ERF_ONE : t;
    float e = Math.fma(t, ERF_7, ERF_6);
    e = Math.fma(e, t, ERF_5);
    e = Math.fma(e, t, ERF_4);
    e = Math.fma(e, t, ERF_3);
    e = Math.fma(e, t, ERF_2);
    e = Math.fma(e, t, ERF_1);
    e = Math.fma(e, t, ERF_0);
    return Math.copySign(expm1(t * e), x);
  }

  /** The natural logarithm; NaN below zero. */
  public static FloatVector log(FloatVector x) {
    VectorMask<Float> tiny = x.compare(VectorOperators.LT, Float.MIN_NORMAL);
    IntVector bits = x.blend(x.mul(0x1p23f), tiny).reinterpretAsInts();
    IntVector k = bits.sub(SQRT_HALF_BITS).lanewise(VectorOperators.ASHR, MANTISSA_BITS);
    IntVector m = bits.sub(k.lanewise(VectorOperators.LSHL, MANTISSA_BITS));
    FloatVector f = m.reinterpretAsFloats().sub(1f);
    FloatVector exponent = (FloatVector) k.convert(VectorOperators.I2F, 0);
    exponent = exponent.blend(exponent.sub(MANTISSA_BITS), tiny);
    FloatVector square = f.mul(f);
    FloatVector y =
        exponent.fma(
            FloatVector.broadcast(SPECIES, LN2_LOW),
            logPolynomial(f).mul(square.mul(f))); // small terms first
    y = square.fma(FloatVector.broadcast(SPECIES, -0.5f), y);
    y = exponent.fma(FloatVector.broadcast(SPECIES, LN2_HIGH), f.add(y));
    return y.blend(Float.NEGATIVE_INFINITY, x.compare(VectorOperators.EQ, 0f))
        .blend(Float.NaN, x.compare(VectorOperators.LT, 0f))
        .blend(x, x.compare(VectorOperators.EQ, Float.POSITIVE_INFINITY))
        .blend(x, x.test(VectorOperators.IS_NAN));
  }

  /** The natural logarithm, the bits of the vector form. */
  public static float log(float x) {
    if (!(x > 0f) || x == Float.POSITIVE_INFINITY) {
      return x == 0f ? Float.NEGATIVE_INFINITY : x < 0f ? Float.NaN : x;
    }
    boolean tiny = x < Float.MIN_NORMAL;
    int bits = Float.floatToRawIntBits(tiny ? x * 0x1p23f : x);
    int k = (bits - SQRT_HALF_BITS) >> MANTISSA_BITS;
    float f = Float.intBitsToFloat(bits - (k << MANTISSA_BITS)) - 1f;
    float exponent = tiny ? k - MANTISSA_BITS : k;
    float y = Math.fma(exponent, LN2_LOW, logTail(f));
    y = Math.fma(f * f, -0.5f, y);
    return Math.fma(exponent, LN2_HIGH, f + y);
  }

  /** {@code log(1 - erf |x|) = |x| E(|x|)}; from |x| = 4 on the value there, -18. */
  public static FloatVector logErfc(FloatVector x) {
    FloatVector t = x.abs();
    t = t.blend(ERF_ONE, t.compare(VectorOperators.GT, ERF_ONE));
    return t.mul(erfPolynomial(t));
  }

  /** {@code E(t)}. */
  private static FloatVector erfPolynomial(FloatVector t) {
    FloatVector e =
        t.fma(FloatVector.broadcast(SPECIES, ERF_7), FloatVector.broadcast(SPECIES, ERF_6));
    e = e.fma(t, FloatVector.broadcast(SPECIES, ERF_5));
    e = e.fma(t, FloatVector.broadcast(SPECIES, ERF_4));
    e = e.fma(t, FloatVector.broadcast(SPECIES, ERF_3));
    e = e.fma(t, FloatVector.broadcast(SPECIES, ERF_2));
    e = e.fma(t, FloatVector.broadcast(SPECIES, ERF_1));
    e = e.fma(t, FloatVector.broadcast(SPECIES, ERF_0));
    return e;
  }

  /** {@code P(f)}. */
  private static FloatVector logPolynomial(FloatVector f) {
    FloatVector p =
        f.fma(FloatVector.broadcast(SPECIES, LOG_8), FloatVector.broadcast(SPECIES, LOG_7));
    p = p.fma(f, FloatVector.broadcast(SPECIES, LOG_6));
    p = p.fma(f, FloatVector.broadcast(SPECIES, LOG_5));
    p = p.fma(f, FloatVector.broadcast(SPECIES, LOG_4));
    p = p.fma(f, FloatVector.broadcast(SPECIES, LOG_3));
    p = p.fma(f, FloatVector.broadcast(SPECIES, LOG_2));
    p = p.fma(f, FloatVector.broadcast(SPECIES, LOG_1));
    p = p.fma(f, FloatVector.broadcast(SPECIES, LOG_0));
    return p;
  }

  /** {@code e^x - 1} for |x| up to 80; relative error 2e-7 also near 0. */
  private static float expm1(float x) {
    float rounded = Math.fma(x, LOG2_E, ROUND);
    float q = expm1Reduced(reduced(x, rounded));
    int n = Float.floatToRawIntBits(rounded) << MANTISSA_BITS;
    float scale = Float.intBitsToFloat(n + ONE_BITS);
    return Math.fma(q, scale, scale - 1f);
  }

  /** {@code r = x - n ln 2}, n being in the low bits of {@code rounded}. */
  private static float reduced(float x, float rounded) {
    float n = rounded - ROUND;
    return Math.fma(n, -LN2_LOW, Math.fma(n, -LN2_HIGH, x));
  }

  /** {@code e^r - 1}. */
  private static float expm1Reduced(float r) {
    float p = Math.fma(r, EXP_4, EXP_3);
    p = Math.fma(p, r, EXP_2);
    p = Math.fma(p, r, EXP_1);
    p = Math.fma(p, r, EXP_0);
    return Math.fma(p, r * r, r);
  }

  /** {@code f^3 P(f)}. */
  private static float logTail(float f) {
    float p = Math.fma(f, LOG_8, LOG_7);
    p = Math.fma(p, f, LOG_6);
    p = Math.fma(p, f, LOG_5);
    p = Math.fma(p, f, LOG_4);
    p = Math.fma(p, f, LOG_3);
    p = Math.fma(p, f, LOG_2);
    p = Math.fma(p, f, LOG_1);
    p = Math.fma(p, f, LOG_0);
    return p * (f * f * f);
  }
}
