package dev.gatun.verify;

import dev.gatun.core.DType;
import dev.gatun.op.Op;
import dev.gatun.op.Registry;
import dev.gatun.op.Sample;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** The levels of single operations. */
final class Operations {
  /** The types that hold any value; integers and quantised weights do not. */
  private static final Set<DType> FLOATS = EnumSet.of(DType.F32, DType.BF16, DType.F16);

  /** Larger samples are not tried with other values: the first of them would do. */
  private static final int LARGEST_ADVERSE = 700;

  private final Columns columns;
  private final long seed;
  private final Consumer<Check> checks;

  /**
   * @param checks takes each comparison as it is made
   */
  Operations(Columns columns, long seed, Consumer<Check> checks) {
    this.columns = columns;
    this.seed = seed;
    this.checks = checks;
  }

  /** Compares one kind of operation at one of these levels. */
  void check(Level level, Class<? extends Op> type) {
    List<Sample> samples = Registry.samples(type);
    if (samples.isEmpty()) {
      String name = type.getSimpleName();
      checks.accept(Check.failure(level, name, "", columns.last(), "has no sample"));
    }
    for (Sample sample : samples) {
      switch (level) {
        case FORWARD -> compare(Trial.of(Case.of(sample, seed)));
        case BACKWARD -> backward(sample);
        case FUSED -> fused(sample);
        case VALUES -> adverse(sample, seed).forEach(this::compare);
        case VARIANTS -> variants(sample, seed).forEach(this::compare);
        default -> throw new IllegalArgumentException(level + " is no level of operations");
      }
    }
  }

  private void backward(Sample sample) {
    if (!GradientCase.applies(sample)) {
      return;
    }
    GradientCase gradients = new GradientCase(sample, seed);
    List<GradientCase.Gradient> expected = gradients.reference();
    columns.compare(Level.BACKWARD, gradients, expected).forEach(checks);
  }

  private void fused(Sample sample) {
    if ((Object) sample.op() instanceof Op.Fused) {
      columns.compareComposition(sample, seed).forEach(checks);
    }
  }

  private void compare(Trial trial) {
    columns.compare(trial).forEach(checks);
  }

  /** A sample in each other way in which a device can compute it. */
  static List<Trial> variants(Sample sample, long seed) {
    List<Variant> variants = Variant.of(sample);
    if (variants.isEmpty()) {
      return List.of();
    }
    Case drawn = Case.of(sample, seed);
    return variants.stream().map(variant -> Trial.of(drawn, variant)).toList();
  }

  /**
   * A sample with values in its inputs that break careless code, of a product also rounded to bf16.
   */
  static List<Trial> adverse(Sample sample, long seed) {
    List<Trial> trials = new ArrayList<>(adverse(sample, Variant.USUAL, seed));
    if (Variant.of(sample).contains(Variant.BF16)) {
      trials.addAll(adverse(sample, Variant.BF16, seed));
    }
    return trials;
  }

  /** The same in one way to compute it. */
  static List<Trial> adverse(Sample sample, Variant variant, long seed) {
    List<Trial> trials = new ArrayList<>();
    Case drawn = Case.of(sample, seed);
    for (int i = 0; i < drawn.inputs().size(); i++) {
      Case.Array input = drawn.inputs().get(i);
      int elements = input.values().length;
      if (!FLOATS.contains(input.spec().dtype()) || elements == 0 || elements > LARGEST_ADVERSE) {
        continue;
      }
      boolean any = sample.inputs().get(i).fill() instanceof Sample.Fill.Normal;
      for (Adversity adversity : Adversity.values()) {
        boolean unsaid = unsaid(sample.op(), adversity);
        if (!unsaid && (any || !adversity.replacesAll())) {
          trials.add(adverse(drawn, variant, i, adversity));
        }
      }
    }
    return trials;
  }

  /** Where the definition says nothing: the statistics of a backward pass fit its other inputs. */
  private static boolean unsaid(Op op, Adversity adversity) {
    return switch (adversity) {
      case INFINITY_MIDDLE, MINUS_INFINITY_LAST -> op.asksForFiniteInputs();
      case HUGE -> (Object) op instanceof Op.NonDifferentiable;
      case ZEROS, DENORMALS, NAN_FIRST, NAN_LAST -> false;
    };
  }

  private static Trial adverse(Case drawn, Variant variant, int input, Adversity adversity) {
    List<Case.Array> inputs = new ArrayList<>(drawn.inputs());
    Case.Array before = inputs.get(input);
    double[] values = adversity.of(before.values());
    inputs.set(input, new Case.Array(before.spec(), values));
    Case changed = new Case(drawn.op(), inputs, drawn.outputs(), drawn.reduction());
    Case host = variant.onHost(changed);
    List<double[]> expected = host.reference();
    List<double[]> usual = adversity.replacesAll() ? expected : variant.onHost(drawn).reference();
    // The relative error of e^x is the absolute error of x.
    double condition = Math.max(1, Tolerance.magnitude(values));
    double[] tolerances = new double[expected.size()];
    for (int i = 0; i < tolerances.length; i++) {
      double magnitude = Tolerance.magnitude(usual.get(i));
      magnitude = Math.max(magnitude, Tolerance.magnitude(expected.get(i)));
      tolerances[i] = condition * Tolerance.f32(host.reduction(), magnitude);
    }
    String what = "%s with %s in input %d".formatted(drawn, adversity, input);
    String how = variant == Variant.USUAL ? "" : " by " + variant;
    return new Trial(Level.VALUES, changed, variant, what + how, expected, tolerances);
  }

  /** The operations to compare: all, or those of a name. */
  static List<Class<? extends Op>> named(List<String> names) {
    return Registry.operations().stream()
        .filter(type -> names.isEmpty() || names.contains(name(type)))
        .toList();
  }

  static String name(Class<? extends Op> type) {
    return Registry.name(type);
  }

  /** The names of all operations. */
  static List<String> names() {
    return Registry.operations().stream().map(Operations::name).toList();
  }
}
