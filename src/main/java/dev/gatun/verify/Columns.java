package dev.gatun.verify;

import dev.gatun.autograd.Step;
import dev.gatun.core.DType;
import dev.gatun.memory.HostStorage;
import dev.gatun.memory.Region;
import dev.gatun.memory.Storage;
import dev.gatun.op.Op;
import dev.gatun.op.Sample;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * The columns that are compared with the reference: the CPU in F32 and, unless that is what is
 * verified, a device.
 */
final class Columns {
  private final Target cpu = Target.cpu();
  private final List<Target.Pair> devices;
  private final Capsule capsule;

  /**
   * @param devices the devices; none for the CPU alone
   * @param capsule keeps the trials of operations that it wants
   */
  Columns(List<Target.Pair> devices, Capsule capsule) {
    this.devices = List.copyOf(devices);
    this.capsule = capsule;
  }

  /** All of them, the CPU first. */
  List<Target> targets() {
    List<Target> targets = new ArrayList<>(List.of(cpu));
    devices.forEach(pair -> targets.add(pair.first()));
    return targets;
  }

  /** Those that have what a model computes with; no device has quantised weights. */
  List<Target> targets(ModelCase model) {
    return model.training().isHostOnly() ? List.of(cpu) : targets();
  }

  /** The name of the last column. */
  String last() {
    return targets().getLast().name();
  }

  /** Whether devices have an operation; one that says it is the CPU's alone is compared there. */
  private static boolean isOnDevices(Op op) {
    return !((Object) op instanceof Op.HostOnly);
  }

  /** Runs an operation in each column, twice. */
  List<Check> compare(Trial trial) {
    Case host = trial.variant().onHost(trial.sample());
    Target.Outcome fast = twice(cpu, cpu, host, Variant.USUAL);
    List<Check> checks = new ArrayList<>(lines(trial, cpu, fast, fast));
    for (Target.Pair device : devices) {
      if (isOnDevices(trial.sample().op()) && device.first().has(trial.variant())) {
        Target.Outcome own = twice(device.first(), device.again(), trial.sample(), trial.variant());
        checks.addAll(lines(trial, device.first(), own, fast));
      }
    }
    capsule.add(trial, checks);
    return checks;
  }

  /** The comparisons with one target alone. */
  static List<Check> compare(Target target, Target again, Trial trial) {
    Target.Outcome outcome = twice(target, again, trial.sample(), trial.variant());
    return lines(trial, target, outcome, outcome);
  }

  /** Runs on outputs of NaN, then on outputs that were never written: the bits must be the same. */
  private static Target.Outcome twice(Target target, Target again, Case sample, Variant variant) {
    Target.Outcome first = target.run(sample, variant, true);
    if (!first.findings().isEmpty()) {
      return first;
    }
    Target.Outcome second = again.run(sample, variant, false);
    List<String> findings = new ArrayList<>(second.findings());
    for (int i = 0; i < second.outputs().size(); i++) {
      int other = different(first.outputs().get(i), second.outputs().get(i));
      if (other >= 0) {
        findings.add(
            "output %d differs in a second run: element %d is %s and %s"
                .formatted(
                    i, other, first.outputs().get(i)[other], second.outputs().get(i)[other]));
      }
    }
    return new Target.Outcome(first.outputs(), findings);
  }

  private static int different(double[] a, double[] b) {
    for (int i = 0; i < a.length; i++) {
      if (Double.doubleToLongBits(a[i]) != Double.doubleToLongBits(b[i])) {
        return i;
      }
    }
    return -1;
  }

  private static List<Check> lines(
      Trial trial, Target target, Target.Outcome outcome, Target.Outcome fast) {
    Level level = trial.level();
    Case sample = trial.sample();
    String what = trial.what();
    List<double[]> expected = trial.expected();
    double[] tolerances = trial.tolerances();
    String name = sample.op().name();
    if (outcome.outputs().isEmpty()) {
      return List.of(
          new Check(level, name, what, target.name(), Errors.none(), 0, outcome.findings()));
    }
    boolean spreads = sample.op().asksForFiniteInputs() && sample.hasNan();
    List<Check> checks = new ArrayList<>();
    for (int i = 0; i < expected.size(); i++) {
      double tolerance = tolerances[i];
      double[] exact = expected.get(i);
      Errors errors = Errors.of(spared(outcome, i, exact, spreads), exact, j -> tolerance);
      Errors own = Errors.of(spared(fast, i, exact, spreads), exact, j -> tolerance);
      String output = expected.size() == 1 ? what : what + " output " + i;
      List<String> findings = i == 0 ? outcome.findings() : List.of();
      checks.add(new Check(level, name, output, target.name(), errors, own.worst(), findings));
    }
    return checks;
  }

  /** Where NaN may spread, a NaN for a number is taken for that number. */
  private static double[] spared(
      Target.Outcome outcome, int output, double[] expected, boolean spreads) {
    double[] actual = outcome.outputs().get(output);
    if (!spreads) {
      return actual;
    }
    double[] spared = actual.clone();
    for (int i = 0; i < spared.length; i++) {
      spared[i] = Double.isNaN(spared[i]) ? expected[i] : spared[i];
    }
    return spared;
  }

  /** The gradients of an operation in each column. */
  List<Check> compare(Level level, GradientCase sample, List<GradientCase.Gradient> expected) {
    List<GradientCase.Gradient> fast = sample.on(HostStorage.HOST);
    List<Check> checks = new ArrayList<>(lines(level, sample, cpu.name(), fast, fast, expected));
    for (Target.Pair pair : devices) {
      Target device = pair.first();
      if (isOnDevices(sample.sample().op())) {
        checks.addAll(
            on(
                device,
                storage -> lines(level, sample, device.name(), sample.on(storage), fast, expected),
                level,
                sample.sample()));
      }
    }
    return checks;
  }

  private static List<Check> lines(
      Level level,
      GradientCase sample,
      String column,
      List<GradientCase.Gradient> actual,
      List<GradientCase.Gradient> fast,
      List<GradientCase.Gradient> expected) {
    List<Check> checks = new ArrayList<>();
    for (int i = 0; i < expected.size(); i++) {
      GradientCase.Gradient exact = expected.get(i);
      double tolerance = Tolerance.f32(exact.reduction(), exact.magnitude());
      Errors errors = Errors.of(actual.get(i).values(), exact.values(), j -> tolerance);
      Errors own = Errors.of(fast.get(i).values(), exact.values(), j -> tolerance);
      String what = "%s gradient of input %d".formatted(text(sample.sample()), exact.input());
      String name = sample.sample().op().name();
      checks.add(new Check(level, name, what, column, errors, own.worst(), List.of()));
    }
    return checks;
  }

  /** The composition of a fused operation, in F64 and in each column. */
  List<Check> compareComposition(Sample sample, long seed) {
    List<double[]> expected = Case.of(sample, seed).reference();
    List<double[]> exact = composed(sample, HostStorage.HOST, DType.F64, seed);
    List<double[]> fast = composed(sample, HostStorage.HOST, DType.F32, seed);
    List<Check> checks = new ArrayList<>(lines(sample, "F64", exact, fast, expected));
    checks.addAll(lines(sample, cpu.name(), fast, fast, expected));
    for (Target.Pair pair : devices) {
      Target device = pair.first();
      checks.addAll(
          on(
              device,
              storage -> {
                List<double[]> own = composed(sample, storage, DType.F32, seed);
                return lines(sample, device.name(), own, fast, expected);
              },
              Level.FUSED,
              sample));
    }
    return checks;
  }

  private static List<double[]> composed(
      Sample sample, Storage storage, DType floating, long seed) {
    if (!((Object) sample.op() instanceof Op.Fused fused)) {
      throw new IllegalArgumentException(sample.op().name() + " is not fused");
    }
    try (Region region = new Region("composition", storage)) {
      List<Tensor> in = sample.draw(region, floating, seed);
      return Step.run(region, () -> fused.compose(in)).stream().map(Tensors::toDoubles).toList();
    }
  }

  private static List<Check> lines(
      Sample sample,
      String column,
      List<double[]> actual,
      List<double[]> fast,
      List<double[]> expected) {
    List<Check> checks = new ArrayList<>();
    for (int i = 0; i < actual.size(); i++) {
      double[] exact = expected.get(i);
      double tolerance = Tolerance.f32(sample.reduction(), Tolerance.magnitude(exact));
      Errors errors = Errors.of(actual.get(i), exact, j -> tolerance);
      double own = Errors.of(fast.get(i), exact, j -> tolerance).worst();
      String what = text(sample) + " composed";
      String name = sample.op().name();
      checks.add(new Check(Level.FUSED, name, what, column, errors, own, List.of()));
    }
    return checks;
  }

  /** Computes on a device; a kernel that fails is a line of its own. */
  private static List<Check> on(
      Target device, Function<Storage, List<Check>> body, Level level, Sample sample) {
    Target.Attempt<List<Check>> attempt = device.attempt(body);
    List<Check> checks = new ArrayList<>(attempt.result().orElse(List.of()));
    for (String finding : attempt.findings()) {
      String name = sample.op().name();
      checks.add(Check.failure(level, name, text(sample), device.name(), finding));
    }
    return checks;
  }

  private static String text(Sample sample) {
    return sample.op() + " " + sample.inputs().stream().map(Sample.Input::spec).toList();
  }
}
