package dev.gatun.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.core.ConfigurationException;
import dev.gatun.core.DataException;
import dev.gatun.cpu.Parallel;
import dev.gatun.hub.Json;
import dev.gatun.hub.TokenizerFolder;
import dev.gatun.token.EncodingBenchmark;
import dev.gatun.train.TokenizerRun;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code gatun bench tokenizer}: from text to ids, and from text to a tokenizer. */
@Command(
    name = "tokenizer",
    description = {
      "Times encoding the lines of text files, on one core and on all of them;",
      "without --tokenizer, also training the tokenizer on these files."
    },
    mixinStandardHelpOptions = true)
final class BenchTokenizer implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--text-file",
      required = true,
      paramLabel = "FILE",
      description = "A UTF-8 file; may be given more than once.")
  private List<Path> textFiles = List.of();

  @Option(names = "--tokenizer", description = "Folder or tokenizer.json.")
  private @Nullable Path tokenizer;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Of the tokenizer to train: type, vocab_size, min_frequency, special_tokens.")
  private List<String> settings = List.of();

  @Option(
      names = "--limit",
      defaultValue = "16",
      paramLabel = "MB",
      description = "Encode so much of the text (default ${DEFAULT-VALUE}).")
  private int limit;

  @Option(
      names = "--seconds",
      defaultValue = "5",
      description = "How long to measure each (default ${DEFAULT-VALUE}).")
  private double seconds;

  @Option(names = "--threads", description = "Threads (default: all cores).")
  private int threads;

  @Mixin private final JsonOption json = new JsonOption();

  @Override
  public Integer call() {
    if (tokenizer != null && !settings.isEmpty()) {
      throw new ConfigurationException("--set is for a tokenizer to train; leave out --tokenizer");
    }
    PrintWriter out = spec.commandLine().getOut();
    ObjectNode object = Json.object();
    TokenizerFolder folder =
        tokenizer == null ? trained(object, out) : TokenizerFolder.read(tokenizer);
    EncodingBenchmark benchmark = new EncodingBenchmark(folder.tokenizer(), texts());
    ArrayNode rows = object.putArray("encode");
    int all = threads > 0 ? threads : Parallel.threads();
    for (int count : all == 1 ? new int[] {1} : new int[] {1, all}) {
      EncodingBenchmark.Rate rate = benchmark.run(count, seconds);
      put(rows.addObject(), rate);
      if (!json.isChosen()) {
        out.println(line(rate));
        out.flush();
      }
    }
    object.put("vocab_size", folder.tokenizer().vocabSize());
    object.put("peak_resident_bytes", Machine.peakResidentBytes().orElse(0L));
    if (json.isChosen()) {
      out.print(Json.format(object));
    }
    return ExitCode.OK.code();
  }

  private TokenizerFolder trained(ObjectNode object, PrintWriter out) {
    long[] bytes = {0};
    long start = System.nanoTime();
    TokenizerFolder folder =
        TokenizerRun.trained(
            settings,
            consumer ->
                textFiles.forEach(
                    file ->
                        TextFiles.forEach(
                            file,
                            text -> {
                              bytes[0] += text.getBytes(StandardCharsets.UTF_8).length;
                              consumer.accept(text);
                            })));
    double time = (System.nanoTime() - start) / 1e9;
    ObjectNode train = object.putObject("train");
    train.put("mb", bytes[0] / 1e6);
    train.put("seconds", time);
    train.put("mb_per_s", bytes[0] / 1e6 / time);
    if (!json.isChosen()) {
      out.printf(
          Locale.ROOT,
          "trained %,d tokens on %,.1f MB in %.1f s: %.1f MB/s, %,d MB resident%n",
          folder.tokenizer().vocabSize(),
          bytes[0] / 1e6,
          time,
          bytes[0] / 1e6 / time,
          Machine.peakResidentBytes().orElse(0L) >> 20);
      out.flush();
    }
    return folder;
  }

  /** The first lines of the files, up to the limit. */
  private List<String> texts() {
    List<String> texts = new ArrayList<>();
    long[] left = {limit * 1_000_000L};
    for (Path file : textFiles) {
      TextFiles.forEach(
          file,
          text -> {
            if (left[0] > 0) {
              texts.add(text);
              left[0] -= text.getBytes(StandardCharsets.UTF_8).length;
            }
          });
    }
    if (texts.isEmpty()) {
      throw new DataException(textFiles + ": there is no text to encode");
    }
    return texts;
  }

  private static String line(EncodingBenchmark.Rate rate) {
    return String.format(
        Locale.ROOT,
        "encode  threads %d  %,.1f MB, %,d tokens: %.1f MB/s per core (first pass %.1f)",
        rate.threads(),
        rate.bytes() / 1e6,
        rate.tokens(),
        rate.megabytesPerSecond(),
        rate.firstMegabytesPerSecond());
  }

  private static void put(ObjectNode row, EncodingBenchmark.Rate rate) {
    row.put("threads", rate.threads());
    row.put("mb", rate.bytes() / 1e6);
    row.put("tokens", rate.tokens());
    row.put("mb_per_s_per_core", rate.megabytesPerSecond());
    row.put("first_mb_per_s_per_core", rate.firstMegabytesPerSecond());
  }
}
