package dev.gatun.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code gatun bench}: how fast this machine is at the work that training consists of. */
@Command(
    name = "bench",
    description = "Measures how fast this machine trains.",
    mixinStandardHelpOptions = true,
    subcommands = {
      BenchStep.class,
      BenchDecode.class,
      BenchGemm.class,
      BenchOps.class,
      BenchTokenizer.class,
      BenchGpu.class
    })
final class Bench implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(),
        "say what to measure: bench step MODEL.json, bench decode MODEL.json, bench gemm,"
            + " bench ops, bench tokenizer or bench gpu");
  }
}
