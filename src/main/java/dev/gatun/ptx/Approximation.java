package dev.gatun.ptx;

/** What the special function unit computes, in double precision. */
enum Approximation {
  RSQRT {
    @Override
    double apply(double x) {
      return 1 / Math.sqrt(x);
    }
  },
  SIN {
    @Override
    double apply(double x) {
      return Math.sin(x);
    }
  },
  COS {
    @Override
    double apply(double x) {
      return Math.cos(x);
    }
  },
  LG2 {
    @Override
    double apply(double x) {
      return Math.log(x) * (1 / LN_2);
    }
  },
  EX2 {
    @Override
    double apply(double x) {
      double whole = Math.rint(x);
      if (Math.abs(whole) < 1000) {
        return Math.scalb(Math.exp((x - whole) * LN_2), (int) whole);
      }
      return Double.isNaN(x) ? x : x > 0 ? Double.POSITIVE_INFINITY : 0;
    }
  },
  TANH {
    @Override
    double apply(double x) {
      return Math.tanh(x);
    }
  };

  private static final double LN_2 = 0.6931471805599453;

  abstract double apply(double x);

  static Approximation of(String name) {
    return valueOf(name.toUpperCase(java.util.Locale.ROOT));
  }
}
