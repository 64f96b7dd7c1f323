package dev.gatun.cli;

import dev.gatun.core.ConfigurationException;
import dev.gatun.core.DType;
import dev.gatun.train.AdapterMerge;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gatun merge ADAPTER_DIR --output DIR}. */
@Command(
    name = "merge",
    description =
        "Makes a plain model of an adapter and its model, and checks that it is the same.",
    mixinStandardHelpOptions = true)
final class Merge implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "ADAPTER_DIR", description = "An adapter folder, as PEFT has them.")
  private Path adapter = Path.of("");

  @Option(names = "--output", required = true, description = "The model folder to write.")
  private Path output = Path.of("");

  @Option(
      names = "--base",
      paramLabel = "MODEL_DIR",
      description = "The model (default: the one that the adapter names).")
  private @Nullable Path base;

  @Option(
      names = "--dtype",
      defaultValue = "f32",
      description = "What weights are stored as: f32, bf16 or f16 (default: ${DEFAULT-VALUE}).")
  private String dtype = "f32";

  @Option(
      names = "--as-trained",
      description =
          "Merge into the quantised values that the model had while the adapter was trained,"
              + " instead of the model's own.")
  private boolean asTrained;

  @Override
  public Integer call() {
    AdapterMerge.Report report =
        AdapterMerge.run(adapter, Optional.ofNullable(base), output, stored(), asTrained);
    PrintWriter out = spec.commandLine().getOut();
    out.printf("merged %d layers into %s: %s%n", report.layers(), report.base(), output);
    out.printf(
        Locale.ROOT,
        "logits of %d tokens, up to %.3g: model and adapter against merged model differ by"
            + " at most %.2g, merged model against the same read back by %.2g%n",
        report.tokens(),
        report.largest(),
        report.merged(),
        report.readBack());
    if (!report.trainedOn().isF32()) {
      out.printf(
          "the adapter was trained on weights in %s; it was merged into %s%n",
          report.trainedOn().layers(),
          asTrained ? "these values" : "those of " + report.base() + " (or: --as-trained)");
    }
    if (report.rounded() > 0) {
      out.printf(
          Locale.ROOT, "rounding to %s changed logits by at most %.2g%n", dtype, report.rounded());
    }
    return ExitCode.OK.code();
  }

  private DType stored() {
    return switch (dtype) {
      case "f32", "float32" -> DType.F32;
      case "bf16", "bfloat16" -> DType.BF16;
      case "f16", "float16" -> DType.F16;
      default ->
          throw new ConfigurationException(
              "--dtype is one of f32, bf16 and f16, but is '" + dtype + "'");
    };
  }
}
