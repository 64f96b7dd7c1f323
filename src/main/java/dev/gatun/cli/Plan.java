package dev.gatun.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.cpu.Parallel;
import dev.gatun.device.Device;
import dev.gatun.hub.Json;
import dev.gatun.memory.PlannedStorage;
import dev.gatun.train.MachineSpeed;
import dev.gatun.train.RunConfig;
import dev.gatun.train.RunFit;
import dev.gatun.train.RunPlan;
import dev.gatun.train.TokenizerPlan;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gatun plan CONFIG}: what a run will take, before it takes it. */
@Command(
    name = "plan",
    description = "Says what memory and time a run will take, without data and in seconds.",
    mixinStandardHelpOptions = true)
final class Plan implements Callable<Integer> {
  /** What the JVM takes beside the regions: its heap, code and threads, and packed matrices. */
  private static final long JVM_BYTES = 400_000_000;

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "CONFIG", description = "The run configuration, as train takes it.")
  private String config = "";

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Changes a key, for example --set training.gradient_checkpointing=true.")
  private List<String> overrides = List.of();

  @Option(
      names = "--memory",
      paramLabel = "GB",
      description = "What the run may take (default: what this machine has available).")
  private @Nullable Double memory;

  @Option(
      names = "--tokens",
      paramLabel = "N",
      description = "Also say how long training on so many tokens takes.")
  private @Nullable Long tokens;

  @Option(
      names = "--vocab-size",
      paramLabel = "N",
      description = "The number of token ids, where there is no tokenizer yet to tell it.")
  private @Nullable Integer vocabSize;

  @Option(names = "--no-time", description = "Do not measure this machine.")
  private boolean noTime;

  @Mixin private final JsonOption json = new JsonOption();

  @Override
  public Integer call() {
    ConfigSiblings siblings = ConfigSiblings.of(config);
    RunConfig run = RunConfig.read(config, ConfigFiles.read(config), overrides);
    run.threads().ifPresent(Parallel::setThreads);
    Optional<TokenizerPlan> tokenizer = TokenizerPlan.of(run);
    if (tokenizer.isPresent()) {
      new TokenizerPlanText(spec.commandLine().getOut())
          .print(config, tokenizer.get(), json.isChosen());
      return ExitCode.OK.code();
    }
    RunPlan plan = plan(run, siblings);
    boolean onCpu = run.device().equals(Device.CPU);
    OptionalDouble seconds =
        noTime || !onCpu
            ? OptionalDouble.empty()
            : OptionalDouble.of(new MachineSpeed().seconds(plan.operations()));
    PrintWriter out = spec.commandLine().getOut();
    if (json.isChosen()) {
      out.print(Json.format(toJson(plan, seconds)));
    } else {
      print(out, plan, seconds);
    }
    out.flush();
    if (onCpu || memory != null) {
      RunFit fit = new RunFit(budget(), (batch, again) -> plan(changed(batch, again), siblings));
      fit.require(plan);
    }
    return ExitCode.OK.code();
  }

  private RunPlan plan(RunConfig run, ConfigSiblings siblings) {
    OptionalInt ids = vocabSize == null ? OptionalInt.empty() : OptionalInt.of(vocabSize);
    return RunPlan.of(run, siblings::writerOf, ids);
  }

  private RunConfig changed(int batch, boolean gradientCheckpointing) {
    List<String> changes = new ArrayList<>(overrides);
    changes.add("training.per_device_train_batch_size=" + batch);
    changes.add("training.gradient_checkpointing=" + gradientCheckpointing);
    return RunConfig.read(config, ConfigFiles.read(config), changes);
  }

  private long budget() {
    return memory != null ? (long) (memory * 1e9) : Machine.availableMemory() - JVM_BYTES;
  }

  private void print(PrintWriter out, RunPlan plan, OptionalDouble seconds) {
    plan.notes().forEach(out::println);
    out.printf(
        Locale.ROOT,
        "%,d parameters, %,d of them trained; a step reads %d × %d rows of %,d tokens%s%n",
        plan.parameters(),
        plan.trained(),
        plan.microBatches(),
        plan.batch(),
        plan.length(),
        plan.gradientCheckpointing() ? ", activations computed again" : "");
    out.printf("%-14s %20s %20s%n", "region", "bytes at its peak", "bytes reserved");
    plan.regions()
        .forEach(
            (name, use) ->
                out.printf(Locale.ROOT, "%-14s %,20d %,20d%n", name, use.peak(), use.reserved()));
    out.printf(
        Locale.ROOT,
        "at one time they reserve %s; the JVM takes about %s beside them%n",
        RunFit.gigabytes(plan.peakBytes()),
        RunFit.gigabytes(JVM_BYTES));
    seconds.ifPresent(time -> printTime(out, plan, time));
  }

  private void printTime(PrintWriter out, RunPlan plan, double seconds) {
    out.printf(
        Locale.ROOT,
        "about %.3g s a step on this machine with %d threads, %,.0f tokens/s%n",
        seconds,
        Parallel.threads(),
        plan.tokensPerStep() / seconds);
    if (plan.steps().isPresent()) {
      int steps = plan.steps().getAsInt();
      out.printf(Locale.ROOT, "%,d steps: about %s%n", steps, span(steps * seconds));
    }
    if (tokens != null) {
      out.printf(
          Locale.ROOT,
          "%,d tokens: about %s%n",
          tokens,
          span(tokens * seconds / plan.tokensPerStep()));
    }
  }

  private static String span(double seconds) {
    Duration span = Duration.ofSeconds(Math.round(seconds));
    return span.toDays() > 0
        ? "%,d d %d h".formatted(span.toDays(), span.toHoursPart())
        : "%d h %02d min %02d s"
            .formatted(span.toHours(), span.toMinutesPart(), span.toSecondsPart());
  }

  private ObjectNode toJson(RunPlan plan, OptionalDouble seconds) {
    ObjectNode object = Json.object();
    object.put("parameters", plan.parameters());
    object.put("trained", plan.trained());
    ObjectNode regions = object.putObject("regions");
    for (var region : plan.regions().entrySet()) {
      PlannedStorage.Use use = region.getValue();
      regions
          .putObject(region.getKey())
          .put("peak_bytes", use.peak())
          .put("reserved_bytes", use.reserved());
    }
    object.put("peak_bytes", plan.peakBytes());
    object.put("tokens_per_step", plan.tokensPerStep());
    if (seconds.isPresent()) {
      object.put("seconds_per_step", seconds.getAsDouble());
      object.put("tokens_per_s", plan.tokensPerStep() / seconds.getAsDouble());
      if (tokens != null) {
        object.put("seconds", tokens * seconds.getAsDouble() / plan.tokensPerStep());
      }
    }
    plan.notes().forEach(object.putArray("notes")::add);
    return object;
  }
}
