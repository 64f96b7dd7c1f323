package dev.gatun.token;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.gatun.hub.TokenizerFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Encoding the lines of a file beside Hugging Face's library in Rust, on one thread; line {@code
 * megabytes} is MB/s. {@code rustIds} is its batch call, which crosses from Java once for all
 * lines.
 *
 * <pre>
 *   -Dbench="TokenizerBenchmark -p tokenizer=DIR/tokenizer.json -p text=FILE"
 * </pre>
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 3)
@Measurement(iterations = 5, time = 2)
public class TokenizerBenchmark {
  private static final int BATCH = 1_000;

  @Param({"../shared/data/gpt2-tokenizer/tokenizer.json"})
  String tokenizer;

  @Param({
    "../shared/data/bible-ko-krv1961/bible_ko.txt",
    "../shared/data/tinyshakespeare/input.txt"
  })
  String text;

  private List<String> lines = List.of();
  private Tokenizer ours;
  private HuggingFaceTokenizer rust;

  /** The size of the text, which JMH divides by the time. */
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.OPERATIONS)
  public static class Size {
    public double megabytes;
  }

  @Setup
  public void read() throws IOException {
    lines = Files.readAllLines(Path.of(text));
    ours = TokenizerFolder.read(Path.of(tokenizer)).tokenizer();
    rust =
        HuggingFaceTokenizer.newInstance(
            Path.of(tokenizer), Map.of("addSpecialTokens", "false", "truncation", "false"));
    for (String line : lines) {
      long[] expected = rust.encode(line, false, false).getIds();
      int[] ids = ours.encodeIds(line, false);
      if (expected.length != ids.length) {
        throw new IllegalStateException("other ids for: " + line);
      }
      for (int i = 0; i < ids.length; i++) {
        if (expected[i] != ids[i]) {
          throw new IllegalStateException("other ids for: " + line);
        }
      }
    }
  }

  @TearDown
  public void close() {
    rust.close();
  }

  @Benchmark
  public long gatunIds(Size size) throws IOException {
    long tokens = 0;
    for (String line : lines) {
      tokens += ours.encodeIds(line, false).length;
    }
    size.megabytes += Files.size(Path.of(text)) / 1e6;
    return tokens;
  }

  @Benchmark
  public long gatunEncoding(Size size) throws IOException {
    long tokens = 0;
    for (String line : lines) {
      tokens += ours.encode(line, false).size();
    }
    size.megabytes += Files.size(Path.of(text)) / 1e6;
    return tokens;
  }

  @Benchmark
  public long rustIds(Size size) throws IOException {
    long tokens = 0;
    for (int from = 0; from < lines.size(); from += BATCH) {
      List<String> batch = lines.subList(from, Math.min(lines.size(), from + BATCH));
      for (var encoding : rust.batchEncode(batch, false, false)) {
        tokens += encoding.getIds().length;
      }
    }
    size.megabytes += Files.size(Path.of(text)) / 1e6;
    return tokens;
  }

  @Benchmark
  public long rustEncoding(Size size) throws IOException {
    long tokens = 0;
    for (String line : lines) {
      tokens += rust.encode(line, false, false).getIds().length;
    }
    size.megabytes += Files.size(Path.of(text)) / 1e6;
    return tokens;
  }
}
