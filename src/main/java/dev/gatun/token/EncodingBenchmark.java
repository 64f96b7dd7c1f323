package dev.gatun.token;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * How fast a tokenizer turns texts into ids. The texts are encoded over and over, each time all of
 * them; a pass is timed by itself, and the fastest counts, as what slows a pass down is other work.
 */
public final class EncodingBenchmark {
  private final Tokenizer tokenizer;
  private final List<String> texts;
  private final long bytes;

  /**
   * What was measured.
   *
   * @param threads that encode at once, each all texts
   * @param bytes of the texts in UTF-8
   * @param tokens that they become
   * @param firstSeconds of the first pass, in which words are new and code is cold
   * @param seconds of the fastest pass; with several threads, until the last is done
   */
  public record Rate(int threads, long bytes, long tokens, double firstSeconds, double seconds) {
    /** Megabytes (10⁶) a second for each thread, at the fastest. */
    public double megabytesPerSecond() {
      return bytes / seconds / 1e6;
    }

    /** The same in the first pass. */
    public double firstMegabytesPerSecond() {
      return bytes / firstSeconds / 1e6;
    }
  }

  public EncodingBenchmark(Tokenizer tokenizer, List<String> texts) {
    this.tokenizer = tokenizer;
    this.texts = List.copyOf(texts);
    this.bytes = texts.stream().mapToLong(t -> t.getBytes(StandardCharsets.UTF_8).length).sum();
  }

  /** Measures passes until the time is over, at least two. */
  public Rate run(int threads, double seconds) {
    long end = System.nanoTime() + (long) (seconds * 1e9);
    long[] first = pass(threads);
    long[] best = pass(threads);
    while (System.nanoTime() < end) {
      long[] again = pass(threads);
      best = again[0] < best[0] ? again : best;
    }
    return new Rate(threads, bytes, best[1], first[0] / 1e9, best[0] / 1e9);
  }

  /** Nanoseconds and tokens. */
  private long[] pass(int threads) {
    if (threads == 1) {
      long start = System.nanoTime();
      long tokens = encode();
      return new long[] {System.nanoTime() - start, tokens};
    }
    try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      List<Callable<Long>> work = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        work.add(this::encode);
      }
      long start = System.nanoTime();
      List<Future<Long>> done = pool.invokeAll(work);
      long nanos = System.nanoTime() - start;
      return new long[] {nanos, done.getFirst().get()};
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("the benchmark was interrupted", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }

  private long encode() {
    long tokens = 0;
    for (String text : texts) {
      tokens += tokenizer.encodeIds(text, false).length;
    }
    return tokens;
  }
}
