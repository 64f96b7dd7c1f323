package dev.gatun.verify;

import dev.gatun.core.VerificationException;
import dev.gatun.cuda.KernelFiles;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * What the verification is worth, measured: kernels are broken on purpose, each by one mistake in
 * its PTX, and go through the tests of the operations that launch them. DeMillo, Lipton, Sayward,
 * "Hints on Test Data Selection", 1978.
 */
public final class Mutants {
  private final MutantSuite suite;
  private final EquivalentMutants documented = EquivalentMutants.documented();
  private final List<Mutant> all;
  private final int pairs;

  /**
   * @param seed of the values that broken kernels are given
   */
  public Mutants(KernelFiles files, long seed) {
    this.suite = new MutantSuite(files, seed);
    List<Ranked> ranked = new ArrayList<>();
    suite.kernels().forEach(kernel -> ranked.addAll(ranked(kernel)));
    ranked.sort(Ranked.ORDER);
    this.all = List.copyOf(firstOfEachKind(ranked));
    this.pairs = (int) ranked.stream().filter(r -> r.inKind() == 0).count();
  }

  /** One of each kind, and behind them the others as they are. */
  private static Set<Mutant> firstOfEachKind(List<Ranked> ranked) {
    Map<Mutation, Mutant> first = new EnumMap<>(Mutation.class);
    for (Ranked r : ranked) {
      if (r.inKind() == 0) {
        first.merge(
            r.mutant().kind(), r.mutant(), (a, b) -> a.hashOfKind() <= b.hashOfKind() ? a : b);
      }
    }
    Set<Mutant> order = new LinkedHashSet<>(first.values());
    ranked.forEach(r -> order.add(r.mutant()));
    return order;
  }

  /**
   * A mutant and when its turn comes, behind one of each kind: first one of each kind in each
   * kernel, of these first one of each kernel, and so on.
   *
   * @param inKind how many of its kind in its kernel come before
   * @param inKernel how many of its kernel with the same {@code inKind} come before
   */
  private record Ranked(Mutant mutant, int inKind, int inKernel) {
    static final Comparator<Ranked> ORDER =
        Comparator.comparingInt(Ranked::inKind)
            .thenComparingInt(Ranked::inKernel)
            .thenComparingLong(r -> r.mutant.hash());
  }

  /** Mutants of one kernel, copies of unrolled statements counted once, with their ranks. */
  private static List<Ranked> ranked(KernelText kernel) {
    List<Mutant> mutants = new ArrayList<>(kernel.mutants());
    mutants.sort(Comparator.comparingLong(Mutant::hash));
    Map<String, Mutant> unlike = new LinkedHashMap<>();
    mutants.forEach(mutant -> unlike.putIfAbsent(mutant.likeness(), mutant));
    List<Mutant> byKind = new ArrayList<>(unlike.values());
    byKind.sort(Comparator.comparingLong(Mutant::hashOfKind)); // stable: by hash within a kind
    Map<Mutation, Integer> ofKind = new EnumMap<>(Mutation.class);
    Map<Integer, Integer> ofRank = new HashMap<>();
    List<Ranked> ranked = new ArrayList<>();
    for (Mutant mutant : byKind) {
      int inKind = ofKind.merge(mutant.kind(), 1, Integer::sum) - 1;
      ranked.add(new Ranked(mutant, inKind, ofRank.merge(inKind, 1, Integer::sum) - 1));
    }
    return ranked;
  }

  /** Takes outcomes in the order in which they are known. */
  @FunctionalInterface
  public interface Listener {
    void known(MutantReport.Outcome outcome);
  }

  /** How many kernels are broken: those that some sample launches. */
  public int kernels() {
    return suite.kernels().size();
  }

  /** How many there are, copies of unrolled statements counted once. */
  public int size() {
    return all.size();
  }

  /**
   * Runs some of them.
   *
   * @param count how many at most: first one for each kernel and each kind of mistake in it
   * @param threads how many run at the same time
   * @throws VerificationException if a case that catches one fails on the kernel as it is
   */
  public MutantReport run(int count, int threads, Listener listener) {
    List<Mutant> chosen = choose(count);
    List<Future<MutantReport.Outcome>> running = new ArrayList<>();
    List<MutantReport.Outcome> outcomes = new ArrayList<>();
    try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      for (Mutant mutant : chosen) {
        running.add(pool.submit(() -> run(mutant)));
      }
      try {
        for (Future<MutantReport.Outcome> future : running) {
          outcomes.add(future.get());
          listener.known(outcomes.getLast());
        }
      } finally {
        pool.shutdownNow(); // the others say nothing once one is refused
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof VerificationException refused) {
        throw new VerificationException(String.valueOf(refused.getMessage()), refused);
      }
      throw new IllegalStateException("a mutant could not be run", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
    return new MutantReport(outcomes);
  }

  MutantReport.Outcome run(Mutant mutant) {
    return new MutantReport.Outcome(mutant, suite.run(mutant), documented.reason(mutant));
  }

  /** How many there are if each kernel is broken in each way once. */
  public int pairs() {
    return pairs;
  }

  /** The first of them in their order. */
  List<Mutant> choose(int count) {
    return all.subList(0, Math.min(count, all.size()));
  }

  /** All of them. */
  List<Mutant> all() {
    return all;
  }
}
