package dev.gatun.verify;

import dev.gatun.core.VerificationException;
import dev.gatun.cuda.KernelFiles;
import dev.gatun.op.Op;
import dev.gatun.op.Registry;
import dev.gatun.op.Sample;
import dev.gatun.ptx.Options;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The tests of single operations by the kernels that they launch: a broken kernel goes through all
 * that launch it, as `verify` runs them, until one of them fails. What fails on the kernel as it is
 * says nothing about a broken one, and is refused.
 */
final class MutantSuite {
  /** Far more instructions than a warp executes in any sample. */
  private static final long BUDGET = 1 << 22;

  private final KernelFiles files;
  private final long seed;
  private final Map<String, KernelText> kernels = new TreeMap<>();
  private final Map<String, List<Launching>> launching = new HashMap<>();
  private final Map<String, List<Supplier<List<Trial>>>> trials = new ConcurrentHashMap<>();
  private final Set<Trial> passing = Collections.synchronizedSet(identities());

  MutantSuite(KernelFiles packed, long seed) {
    this.seed = seed;
    Map<String, String> texts = new HashMap<>();
    for (String entry : packed.entries().keySet()) {
      KernelText kernel = KernelText.of(packed, entry);
      kernels.put(entry, kernel);
      texts.put(entry, kernel.text());
    }
    files = packed.with(texts);
    for (Class<? extends Op> type : Registry.operations()) {
      if (Op.HostOnly.class.isAssignableFrom(type)) {
        continue;
      }
      for (Sample sample : Registry.samples(type)) {
        add(new Launching(sample, Variant.USUAL));
        Variant.of(sample).forEach(variant -> add(new Launching(sample, variant)));
      }
    }
    for (List<Launching> all : launching.values()) {
      all.sort(Comparator.comparingLong(Launching::size));
    }
  }

  private static Set<Trial> identities() {
    return Collections.newSetFromMap(new IdentityHashMap<>());
  }

  private void add(Launching one) {
    for (String entry : new LinkedHashSet<>(one.variant().kernels(one.sample()))) {
      launching.computeIfAbsent(entry, absent -> new ArrayList<>()).add(one);
    }
  }

  /** A sample, and one of the ways to compute it. */
  private record Launching(Sample sample, Variant variant) {
    Trial trial(long seed) {
      Case drawn = Case.of(sample, seed);
      return variant == Variant.USUAL ? Trial.of(drawn) : Trial.of(drawn, variant);
    }

    /** How much work it is. */
    long size() {
      long size = 0;
      for (Sample.Input input : sample.inputs()) {
        size += input.spec().shape().elements();
      }
      return size * sample.reduction();
    }
  }

  /** The kernels that some sample launches. */
  List<KernelText> kernels() {
    return kernels.values().stream().filter(k -> launching.containsKey(k.entry())).toList();
  }

  /** The small ones first, which find most mistakes; each is made when it is first needed. */
  private List<Supplier<List<Trial>>> trials(String entry) {
    return trials.computeIfAbsent(
        entry,
        absent -> {
          List<Launching> known = launching.getOrDefault(entry, List.of());
          List<Supplier<List<Trial>>> all = new ArrayList<>();
          for (Launching one : known) {
            all.add(new Once<>(() -> List.of(one.trial(seed))));
          }
          for (Launching one : known) {
            if (one.variant() == Variant.USUAL || one.variant() == Variant.BF16) {
              all.add(new Once<>(() -> Operations.adverse(one.sample(), one.variant(), seed)));
            }
          }
          return all;
        });
  }

  /** Something that is made when it is first asked for. */
  private static final class Once<T> implements Supplier<T> {
    private final Supplier<T> maker;
    private @Nullable T made;

    Once(Supplier<T> maker) {
      this.maker = maker;
    }

    @Override
    public synchronized T get() {
      T known = made;
      if (known == null) {
        known = maker.get();
        made = known;
      }
      return known;
    }
  }

  /**
   * What the suite says first of a broken kernel; empty if it sees nothing.
   *
   * @throws VerificationException if it says the same of the kernel as it is
   */
  Optional<Check> run(Mutant mutant) {
    KernelFiles broken = files.with(Map.of(mutant.entry(), mutant.text()));
    try (Target first = target(broken, 0);
        Target again = target(broken, seed)) {
      for (Supplier<List<Trial>> made : trials(mutant.entry())) {
        for (Trial trial : made.get()) {
          Optional<Check> failure = failure(first, again, trial);
          if (failure.isPresent()) {
            requirePassing(mutant.entry(), trial);
            return failure;
          }
        }
      }
    }
    return Optional.empty();
  }

  private static Target target(KernelFiles kernels, long order) {
    return Target.emulator(kernels, new Options(true, order, 1, BUDGET));
  }

  private static Optional<Check> failure(Target first, Target again, Trial trial) {
    return Columns.compare(first, again, trial).stream()
        .filter(check -> !check.passes())
        .findFirst();
  }

  /** Each trial that catches something is run once on the kernels as they are. */
  private void requirePassing(String entry, Trial trial) {
    if (passing.contains(trial)) {
      return;
    }
    try (Target first = target(files, 0);
        Target again = target(files, seed)) {
      failure(first, again, trial)
          .ifPresent(
              check -> {
                throw new VerificationException(
                    ("the kernel %s fails a case before it is broken, so what catches a mistake in"
                            + " it is not known; verify says more of the case, mend it first: %s")
                        .formatted(entry, check));
              });
    }
    passing.add(trial);
  }
}
