package dev.gatun.op;

import dev.gatun.core.Shape;
import dev.gatun.op.Sample.Input;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The cases that {@link Attention}, {@link QkvAttention} and their gradients are tested with. */
final class AttentionSamples {
  private AttentionSamples() {}

  /** What queries and keys are like. */
  private enum Scores {
    ANY,
    /** Every key points away from every query: scores far below zero. */
    FAR_BELOW,
    /** All scores are the same. */
    LEVEL
  }

  /**
   * @param b batch
   * @param t queries
   * @param s keys, capacity included
   * @param h query heads
   * @param g key heads
   * @param d head dimension
   * @param offset keys before the first query's own
   * @param window 0 for unlimited
   * @param starts the first visible key of each query, or null
   * @param spread the standard deviation of queries and keys
   * @param scores what queries and keys are like
   * @param dropout of the weights
   */
  private record Case(
      int b,
      int t,
      int s,
      int h,
      int g,
      int d,
      int offset,
      int window,
      @Nullable Input starts,
      double spread,
      Scores scores,
      Dropout dropout) {
    static Case of(int b, int t, int h, int g, int d) {
      return new Case(b, t, t, h, g, d, 0, 0, null, 1, Scores.ANY, Dropout.NONE);
    }

    Case windowed(int size) {
      return new Case(b, t, s, h, g, d, offset, size, starts, spread, scores, dropout);
    }

    Case cached(int length, int capacity) {
      return new Case(b, t, capacity, h, g, d, length, window, starts, spread, scores, dropout);
    }

    Case starting(int... first) {
      Input from = Input.integers(Shape.of(b, t), first);
      return new Case(b, t, s, h, g, d, offset, window, from, spread, scores, dropout);
    }

    Case spread(double deviation) {
      return new Case(b, t, s, h, g, d, offset, window, starts, deviation, scores, dropout);
    }

    Case opposed() {
      return new Case(b, t, s, h, g, d, offset, window, starts, 2, Scores.FAR_BELOW, dropout);
    }

    /** A query sees 85 keys of one score, and their sum of 85 is nearly cancelled by it. */
    Case levelled() {
      return new Case(b, t, s, h, g, d, offset, 85, starts, 1, Scores.LEVEL, dropout);
    }

    Case dropping(double p, long stream) {
      Dropout weights = new Dropout((float) p, stream);
      return new Case(b, t, s, h, g, d, offset, window, starts, spread, scores, weights);
    }

    Attention op() {
      float scale = (float) (1 / Math.sqrt(Math.max(1, d)));
      return new Attention(starts != null, offset, window, scale, dropout);
    }

    /** The error of a score enters its weight: more terms where scores are large. */
    int reduction() {
      return (int) (s + d * Math.max(1, spread * spread * 4));
    }

    List<Input> inputs() {
      Sample.Fill fill = new Sample.Fill.Normal(spread);
      List<Input> inputs = new ArrayList<>();
      switch (scores) {
        case ANY -> {
          inputs.add(new Input(Input.normal(b, t, h, d).spec(), fill));
          inputs.add(new Input(Input.normal(b, s, g, d).spec(), fill));
        }
        case FAR_BELOW -> {
          inputs.add(Input.uniform(1, 2, b, t, h, d));
          inputs.add(Input.uniform(-20, -10, b, s, g, d));
        }
        case LEVEL -> {
          List<Double> first = new ArrayList<>();
          for (int i = 0; i < b * t * h * d; i++) {
            first.add(i % d == 0 ? 1.0 : 0.0);
          }
          double score = 0.06 - Math.log(85);
          inputs.add(new Input(Input.normal(b, t, h, d).spec(), new Sample.Fill.Exactly(first)));
          inputs.add(Input.uniform(score * Math.sqrt(d), score * Math.sqrt(d), b, s, g, d));
        }
      }
      inputs.add(Input.normal(b, s, g, d));
      return withKey(inputs);
    }

    /** After other inputs, what there is of starts and the key of the dropout. */
    private List<Input> withKey(List<Input> inputs) {
      if (starts != null) {
        inputs.add(starts);
      }
      if (dropout.p() > 0) {
        inputs.add(Input.integers(Shape.of(2), -7, 1 << 20));
      }
      return inputs;
    }

    /** The inputs, and after them y, lse and dy. */
    List<Input> withResults(List<Input> before) {
      List<Input> inputs = new ArrayList<>(before);
      inputs.add(Input.normal(b, t, h, d));
      // Of scores far below zero, lse is so as well: e^-lse alone overflows.
      double high = scores == Scores.FAR_BELOW ? 15 - 22.5 * Math.sqrt(d) : 5 * spread * spread;
      inputs.add(Input.uniform(high, high + 1, b, h, t));
      inputs.add(Input.normal(b, t, h, d));
      return inputs;
    }

    QkvAttention opOfRows() {
      return new QkvAttention(starts != null, g, window, op().scale(), dropout);
    }

    /** Queries, keys and values side by side. */
    List<Input> rows() {
      Sample.Fill fill = new Sample.Fill.Normal(spread);
      Input qkv = new Input(Input.normal(b, t, h + 2 * g, d).spec(), fill);
      return withKey(new ArrayList<>(List.of(qkv)));
    }
  }

  private static List<Case> cases() {
    return List.of(
        Case.of(1, 1, 1, 1, 8),
        Case.of(2, 2, 2, 1, 12),
        Case.of(1, 17, 4, 2, 20),
        Case.of(2, 17, 3, 3, 24),
        Case.of(1, 64, 2, 2, 64),
        Case.of(1, 65, 2, 1, 80),
        Case.of(1, 130, 3, 1, 16),
        Case.of(1, 20, 2, 1, 128),
        Case.of(1, 11, 2, 1, 160),
        Case.of(1, 3, 2, 1, 200),
        Case.of(2, 1, 2, 1, 100).cached(40, 41),
        Case.of(1, 1, 2, 2, 200).cached(70, 80),
        Case.of(0, 3, 2, 1, 8),
        Case.of(1, 0, 2, 1, 8),
        Case.of(1, 130, 1, 1, 8).windowed(1),
        Case.of(1, 130, 2, 1, 8).windowed(40),
        Case.of(1, 70, 1, 1, 8).windowed(200),
        Case.of(2, 1, 4, 2, 64).cached(90, 91),
        Case.of(2, 1, 4, 1, 20).cached(90, 200),
        Case.of(1, 1, 2, 2, 8).cached(300, 400).windowed(100),
        Case.of(1, 5, 2, 1, 8).cached(62, 70),
        Case.of(1, 5, 2, 1, 8).cached(130, 140).windowed(9),
        // Left padding by three and one; the padding's own queries see nothing.
        Case.of(2, 5, 2, 1, 8).starting(3, 3, 3, 3, 3, 1, 1, 1, 1, 1),
        // Three sequences packed into one.
        Case.of(1, 130, 2, 1, 8).starting(packed(130, 0, 50, 100)),
        // First keys that come from no layout at all, some out of range.
        Case.of(1, 90, 1, 1, 8).starting(scattered(90)),
        Case.of(1, 1, 2, 1, 8).cached(70, 80).starting(9),
        Case.of(1, 1, 2, 1, 8).cached(70, 80).starting(71),
        Case.of(1, 70, 2, 2, 64).spread(10),
        // Dropout of weights: ragged, grouped, windowed, packed, one query, and a cache.
        Case.of(2, 17, 4, 2, 20).dropping(0.1, 1L << 40),
        Case.of(1, 67, 2, 1, 48).dropping(0.5, -3),
        Case.of(1, 130, 1, 1, 8).windowed(40).dropping(0.2, 5),
        Case.of(1, 90, 1, 1, 8).starting(scattered(90)).dropping(0.3, 6),
        Case.of(2, 1, 2, 1, 80).dropping(0.4, 7),
        Case.of(1, 5, 2, 1, 8).cached(62, 71).dropping(0.5, 8),
        Case.of(1, 9, 2, 1, 160).dropping(0.9, 9),
        Case.of(1, 3, 2, 1, 200).dropping(0.5, 10),
        // Scores whose exponentials overflow, yet not so far apart that all gradients vanish.
        Case.of(1, 70, 1, 1, 30).spread(6),
        Case.of(1, 70, 1, 1, 120).spread(6),
        Case.of(1, 45, 1, 1, 250).spread(6),
        // Each kernel with all of its dimensions, and with numbers that no loop divides.
        Case.of(1, 100, 2, 1, 32),
        Case.of(1, 45, 2, 1, 31).windowed(9).starting(mixed(45)),
        Case.of(1, 20, 2, 1, 30).starting(mixed(20)),
        Case.of(2, 9, 2, 1, 29).windowed(3),
        Case.of(1, 45, 2, 1, 63).windowed(9).starting(mixed(45)),
        Case.of(1, 20, 2, 1, 62).starting(mixed(20)),
        Case.of(2, 9, 2, 1, 61).windowed(3),
        Case.of(1, 100, 1, 1, 128),
        Case.of(1, 45, 2, 1, 127).windowed(9).starting(mixed(45)),
        Case.of(1, 20, 2, 1, 126).starting(mixed(20)),
        Case.of(2, 9, 2, 1, 125).windowed(3),
        Case.of(1, 70, 1, 1, 256),
        Case.of(1, 45, 2, 1, 255).windowed(9).starting(mixed(45)),
        Case.of(1, 20, 2, 1, 254).starting(mixed(20)),
        Case.of(2, 9, 2, 1, 253).windowed(3));
  }

  /**
   * One query of many keys, as in decoding: more than a tile for each of eight warps. And scores
   * that only a running maximum can take.
   */
  private static List<Case> decoding() {
    List<Case> cases = new ArrayList<>();
    cases.add(Case.of(1, 1, 1, 1, 1).cached(9, 10));
    for (int d : new int[] {32, 64, 128, 256}) {
      cases.add(Case.of(1, 1, 2, 1, d).cached(600, 610));
      cases.add(Case.of(2, 1, 2, 1, d - 1).cached(300, 301).starting(7, 200).windowed(150));
      cases.add(Case.of(1, 1, 1, 1, d - 2).cached(600, 610).spread(10));
      cases.add(Case.of(2, 1, 1, 1, d - 3).cached(70, 71).windowed(9));
      cases.add(Case.of(1, 1, 1, 1, d).cached(69, 70).opposed());
      cases.add(Case.of(1, 9, 1, 1, d).opposed());
      cases.add(Case.of(1, 1, 1, 1, d / 2 + 1).cached(70, 71));
      cases.add(Case.of(1, 1, 1, 1, d).cached(70, 71).starting(90));
      // Each warp has the largest score of some head, and it is far above the others.
      cases.add(Case.of(1, 1, 24, 1, d - 1).cached(300, 301).spread(30));
      // Each warp has the largest score of some head, and the others are near.
      cases.add(Case.of(1, 1, 32, 1, d - 1).cached(255, 256));
      // The logarithm of 85 is where its polynomial has its largest argument.
      int fewest = d == 32 ? 1 : d / 2 + 1;
      cases.add(Case.of(1, 1, 1, 1, fewest).cached(84, 85).levelled());
      cases.add(Case.of(1, 4, 1, 1, fewest).cached(84, 88).levelled());
      cases.add(Case.of(1, 4, 1, 1, fewest).cached(84, 88).levelled().dropping(0.5, d));
    }
    return cases;
  }

  /**
   * Head dimensions of each rest by four with each kind of mask, for each kernel; blocks of queries
   * that see nothing, and of keys that nobody sees.
   */
  private static List<Case> masks() {
    List<Case> cases = new ArrayList<>();
    for (int d : new int[] {32, 64, 128, 256}) {
      for (int rest = 1; rest < 4; rest++) {
        Case plain = Case.of(1, 5, 1, 1, d - rest);
        cases.add(plain);
        cases.add(plain.windowed(2));
        cases.add(plain.starting(2, 0, 1, 2, 0));
        cases.add(plain.starting(2, 0, 1, 2, 0).windowed(2));
        cases.add(Case.of(1, 5, 2, 1, d - rest).dropping(0.5, rest));
        cases.add(plain.starting(2, 0, 1, 2, 0).dropping(0.5, rest));
        Case dropping = Case.of(1, 23, 1, 1, d - rest).dropping(0.5, rest);
        cases.add(dropping.windowed(5));
        cases.add(dropping.windowed(5).starting(mixed(23)));
        // Two sequences, and in each a second block of queries.
        cases.add(Case.of(2, 37, 1, 1, d - rest).dropping(0.5, rest).starting(mixed(74)));
      }
      cases.add(Case.of(1, 9, 1, 1, d - 1).spread(10).dropping(0.5, 4));
      for (double p : new double[] {0, 0.5}) {
        cases.add(Case.of(1, 5, 1, 1, d).dropping(p, d).starting(9, 9, 9, 9, 9));
        cases.add(Case.of(1, 5, 1, 1, d).dropping(p, d).cached(0, 70));
        cases.add(Case.of(1, 5, 1, 1, d).dropping(p, d).cached(3, 9));
        // Behind a cache, more queries than a tile of them holds.
        Case behind = Case.of(1, 37, 1, 1, d - 1).dropping(p, d).cached(3, 42);
        cases.add(p == 0 ? behind.windowed(9) : behind);
        // Two heads: what is written behind a row is seen in the other's.
        cases.add(Case.of(1, 5, 2, 1, d / 2 + 1).dropping(p, d));
        // Ends behind each row of a warp.
        for (int t = 22; t < 25; t++) {
          cases.add(Case.of(1, t, 2, 1, d).dropping(p, d));
        }
      }
    }
    for (int d = 1; d < 4; d++) {
      cases.add(Case.of(1, 5, 1, 1, d));
      cases.add(Case.of(1, 5, 1, 1, d).starting(2, 0, 1, 2, 0));
      cases.add(Case.of(1, 5, 1, 1, d).dropping(0.5, d));
    }
    return cases;
  }

  /** Those with as many keys as queries, which can lie in one row, and single tokens of a batch. */
  private static List<Case> casesOfRows() {
    List<Case> cases = new ArrayList<>(cases());
    cases.removeIf(c -> c.s != c.t);
    cases.add(Case.of(3, 1, 4, 2, 20));
    cases.add(Case.of(2, 1, 3, 1, 12).starting(0, 1));
    return cases;
  }

  private static int[] packed(int t, int... begins) {
    int[] starts = new int[t];
    for (int i = 0; i < t; i++) {
      for (int begin : begins) {
        starts[i] = begin <= i ? begin : starts[i];
      }
    }
    return starts;
  }

  /** Starts in no order, and a last query that sees nothing. */
  private static int[] mixed(int t) {
    int[] starts = new int[t];
    for (int i = 0; i < t; i++) {
      starts[i] = i == t - 1 ? t : (i + 3) * 37 % t - 5;
    }
    return starts;
  }

  private static int[] scattered(int t) {
    int[] starts = new int[t];
    for (int i = 0; i < t; i++) {
      starts[i] = i * 37 % 101 - 5;
    }
    return starts;
  }

  static List<Sample> forward() {
    return Stream.of(cases(), decoding(), masks())
        .flatMap(List::stream)
        .map(c -> new Sample(c.op(), c.inputs(), c.reduction()))
        .toList();
  }

  static List<Sample> forwardOfRows() {
    List<Sample> samples = new ArrayList<>();
    for (Case c : casesOfRows()) {
      samples.add(new Sample(c.opOfRows(), c.rows(), c.reduction()));
    }
    return samples;
  }

  static List<Sample> backwardOfRows() {
    List<Sample> samples = new ArrayList<>();
    for (Case c : casesOfRows()) {
      samples.add(
          new Sample(
              new QkvAttention.Backward(c.opOfRows()), c.withResults(c.rows()), 2 * c.reduction()));
    }
    return samples;
  }

  /** Scores far below zero: what lies beyond the last query has the weight e^-lse, which is inf. */
  private static List<Case> farBelow() {
    List<Case> cases = new ArrayList<>();
    for (int d : new int[] {32, 64, 128, 256}) {
      for (double p : new double[] {0, 0.5}) {
        cases.add(Case.of(1, 9, 1, 1, d).opposed().dropping(p, d));
      }
    }
    return cases;
  }

  static List<Sample> backward() {
    List<Sample> samples = new ArrayList<>();
    for (Case c : Stream.of(cases(), masks(), farBelow()).flatMap(List::stream).toList()) {
      samples.add(
          new Sample(new Attention.Backward(c.op()), c.withResults(c.inputs()), 2 * c.reduction()));
    }
    return samples;
  }
}
