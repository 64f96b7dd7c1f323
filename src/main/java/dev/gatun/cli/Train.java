package dev.gatun.cli;

import dev.gatun.cpu.Parallel;
import dev.gatun.memory.Storage;
import dev.gatun.train.RunConfig;
import dev.gatun.train.TrainingRun;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gatun train CONFIG}. */
@Command(
    name = "train",
    description = "Trains a model: the configuration decides what and how.",
    mixinStandardHelpOptions = true)
final class Train implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "CONFIG",
      description = "The run configuration, a JSON file; configs/quickstart.json is in the jar.")
  private String config = "";

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Changes a key, for example --set training.max_steps=10.")
  private List<String> overrides = List.of();

  @Option(
      names = "--resume",
      description = "Continues from the newest checkpoint of the output folder.")
  private boolean resume;

  @Option(names = "--device", description = "cpu, cuda:N or emulator: sets device.name.")
  private @Nullable String device;

  @Option(
      names = "--gemm",
      description = "Who multiplies matrices on a GPU: auto, cublas or own; sets device.gemm.")
  private @Nullable String gemm;

  @Option(
      names = "--cuda-sync",
      description = "Wait after each command of a GPU, so that a failure names it.")
  private boolean cudaSync;

  @Override
  public Integer call() {
    List<String> changes = new ArrayList<>(overrides);
    if (device != null) {
      changes.add("device.name=" + device);
    }
    if (gemm != null) {
      changes.add("device.gemm=" + gemm);
    }
    if (cudaSync) {
      changes.add("device.cuda_sync=true");
    }
    if (resume) {
      changes.add("training.resume_from_checkpoint=true");
    }
    RunConfig run = RunConfig.read(config, ConfigFiles.read(config), changes);
    run.threads().ifPresent(Parallel::setThreads);
    try (Devices devices = Devices.of(run);
        StopSignal stop = new StopSignal();
        RunConsole console = new RunConsole(spec.commandLine().getOut())) {
      return switch (train(run, devices.storage(), console, stop)) {
        case COMPLETED -> ExitCode.OK.code();
        case STOPPED -> ExitCode.STOPPED.code();
      };
    }
  }

  /** A run and the stages that follow it; one that was begun before is resumed, too. */
  private TrainingRun.Outcome train(
      RunConfig run, Storage storage, RunConsole console, StopSignal stop) {
    TrainingRun.Outcome outcome = new TrainingRun(run, storage, console, stop::isRequested).run();
    if (outcome == TrainingRun.Outcome.STOPPED || run.then().isEmpty()) {
      return outcome;
    }
    RunConfig next = run.then().get();
    console.message("then: " + next.outputDir());
    boolean begun = resume && TrainingRun.hasCheckpoint(next);
    return train(begun ? next.resuming() : next, storage, console, stop);
  }
}
