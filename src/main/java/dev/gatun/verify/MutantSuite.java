package dev.gatun.verify;

import dev.gatun.core.DType;
import dev.gatun.cuda.KernelFiles;
import dev.gatun.cuda.OwnProducts;
import dev.gatun.device.Command;
import dev.gatun.memory.Region;
import dev.gatun.op.Op;
import dev.gatun.op.Registry;
import dev.gatun.op.Sample;
import dev.gatun.ptx.Options;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.Tensors;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
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
 * that launch it, as `verify` runs them, until one of them fails.
 */
final class MutantSuite {
  /** Far more instructions than a warp executes in any sample. */
  private static final long BUDGET = 1 << 17;

  private final KernelFiles files;
  private final long seed;
  private final Map<String, KernelText> kernels = new TreeMap<>();
  private final Map<String, List<Sample>> samples = new HashMap<>();
  private final Map<String, List<Supplier<List<Trial>>>> trials = new ConcurrentHashMap<>();

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
        for (String entry : launched(sample)) {
          samples.computeIfAbsent(entry, absent -> new ArrayList<>()).add(sample);
        }
      }
    }
  }

  /** The kernels that some sample launches. */
  List<KernelText> kernels() {
    return kernels.values().stream().filter(k -> samples.containsKey(k.entry())).toList();
  }

  /** The kernels that a sample launches, products by our own ones; nothing runs. */
  private static Set<String> launched(Sample sample) {
    Set<String> entries = new LinkedHashSet<>();
    try (Region region = new Region("launches")) {
      List<Tensor> in = sample.draw(region, DType.F32, 1);
      List<Tensor> out = new ArrayList<>();
      sample
          .op()
          .infer(in.stream().map(Tensor::spec).toList())
          .forEach(spec -> out.add(Tensors.empty(region, spec)));
      for (Command command : sample.op().commands(in, out)) {
        switch (command) {
          case Command.Launch launch -> entries.add(launch.kernel());
          case Command.Gemm gemm -> entries.add(OwnProducts.launch(gemm).kernel());
          case Command.Copy copy -> {}
          case Command.Fill fill -> {}
        }
      }
    }
    return entries;
  }

  /** The small ones first, which find most mistakes; each is made when it is first needed. */
  private List<Supplier<List<Trial>>> trials(String entry) {
    return trials.computeIfAbsent(
        entry,
        absent -> {
          List<Sample> launching = new ArrayList<>(samples.getOrDefault(entry, List.of()));
          launching.sort(Comparator.comparingLong(MutantSuite::size));
          List<Supplier<List<Trial>>> all = new ArrayList<>();
          for (Sample sample : launching) {
            all.add(new Once<>(() -> List.of(Trial.of(Case.of(sample, seed)))));
          }
          for (Sample sample : launching) {
            all.add(new Once<>(() -> Operations.adverse(sample, seed)));
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

  private static long size(Sample sample) {
    long size = 0;
    for (Sample.Input input : sample.inputs()) {
      size += input.spec().shape().elements();
    }
    return size * sample.reduction();
  }

  /** What the suite says first of a broken kernel; empty if it sees nothing. */
  Optional<Check> run(Mutant mutant) {
    KernelFiles broken = files.with(Map.of(mutant.entry(), mutant.text()));
    try (Target first = Target.emulator(broken, new Options(true, 0, 1, BUDGET));
        Target again = Target.emulator(broken, new Options(true, seed, 1, BUDGET))) {
      for (Supplier<List<Trial>> made : trials(mutant.entry())) {
        for (Trial trial : made.get()) {
          for (Check check : Columns.compare(first, again, trial)) {
            if (!check.passes()) {
              return Optional.of(check);
            }
          }
        }
      }
    }
    return Optional.empty();
  }
}
