package dev.gatun.train;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/** What has gathered since the last log: losses and tokens, and the time that was training. */
final class LogWindow {
  private double losses;
  private int steps;
  private long tokens;
  private long started = System.nanoTime();
  private long notTraining;

  void add(StepReport report) {
    losses += report.loss();
    steps++;
    tokens += report.tokens();
  }

  /** Runs something whose time does not count as training, such as evaluating and saving. */
  <R> R pause(Supplier<R> work) {
    long before = System.nanoTime();
    R result = work.get();
    notTraining += System.nanoTime() - before;
    return result;
  }

  /** The figures of a log, under Hugging Face's names; then a new window begins. */
  Map<String, Double> close(StepReport last) {
    double seconds = (System.nanoTime() - started - notTraining) / 1e9;
    Map<String, Double> figures = new LinkedHashMap<>();
    figures.put("loss", losses / steps);
    figures.put("grad_norm", last.gradNorm());
    figures.put("learning_rate", last.learningRate());
    figures.put("tokens_per_second", tokens / seconds);
    losses = 0;
    steps = 0;
    tokens = 0;
    notTraining = 0;
    started = System.nanoTime();
    return figures;
  }
}
