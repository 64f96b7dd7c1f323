package dev.gatun.cli;

import dev.gatun.train.RunListener;
import dev.gatun.train.StepReport;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/**
 * Shows a run: a progress bar with loss, learning rate, gradient norm, speed and time left on a
 * terminal, plain lines otherwise. Figures are lines in both cases.
 */
final class RunConsole implements RunListener, AutoCloseable {
  private static final Map<String, String> FORMATS = formats();
  private static final double SMOOTHING = 0.9;

  private final PrintWriter out;
  private final boolean terminal;
  private final long started = System.nanoTime();
  private @Nullable ProgressBar bar;
  private double tokensPerSecond;
  private long lastStep = System.nanoTime();

  RunConsole(PrintWriter out) {
    this.out = out;
    this.terminal = Terminal.isInteractive();
  }

  @Override
  public void message(String text) {
    line(text);
  }

  @Override
  public void step(int step, int totalSteps, StepReport report) {
    long now = System.nanoTime();
    double speed = report.tokens() * 1e9 / Math.max(1, now - lastStep);
    lastStep = now;
    tokensPerSecond =
        tokensPerSecond == 0 ? speed : SMOOTHING * tokensPerSecond + (1 - SMOOTHING) * speed;
    if (!terminal) {
      return;
    }
    if (bar == null) {
      bar = bar(totalSteps, step - 1);
    }
    bar.setExtraMessage(
        String.format(
            Locale.ROOT,
            "loss %.3f  lr %.2e  norm %.2f  %,.0f tok/s",
            report.loss(),
            report.learningRate(),
            report.gradNorm(),
            tokensPerSecond));
    bar.stepTo(step);
    if (step == totalSteps) {
      close();
    }
  }

  @Override
  public void log(Map<String, Double> entry) {
    String figures =
        entry.entrySet().stream()
            .filter(figure -> FORMATS.containsKey(figure.getKey()))
            .map(
                figure ->
                    figure.getKey().replaceFirst("^eval_", "")
                        + " "
                        + String.format(
                            Locale.ROOT,
                            FORMATS.getOrDefault(figure.getKey(), "%s"),
                            figure.getValue()))
            .collect(Collectors.joining("  "));
    String kind = entry.containsKey("eval_loss") ? "eval " : "train";
    line(
        String.format(
            Locale.ROOT,
            "%s  %s step %5.0f  %s",
            elapsed(),
            kind,
            entry.getOrDefault("step", 0.0),
            figures));
    lastStep = System.nanoTime();
  }

  @Override
  public void sample(String prompt, String continuation) {
    line(
        "    "
            + prompt.strip().replace("\n", "⏎")
            + " → "
            + continuation.strip().replace("\n", "⏎"));
    lastStep = System.nanoTime();
  }

  @Override
  public void saved(Path checkpoint) {
    line(elapsed() + "  saved " + checkpoint);
    lastStep = System.nanoTime();
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
      bar = null;
    }
  }

  /** A line above the bar. */
  private void line(String text) {
    if (bar == null) {
      out.println(text);
    } else {
      bar.pause();
      out.print("\r\u001b[2K" + text + System.lineSeparator());
      out.flush();
      bar.resume();
    }
  }

  private String elapsed() {
    Duration since = Duration.ofNanos(System.nanoTime() - started);
    return String.format(Locale.ROOT, "%d:%02d", since.toMinutes(), since.toSecondsPart());
  }

  private static ProgressBar bar(int totalSteps, int done) {
    return new ProgressBarBuilder()
        .setInitialMax(totalSteps)
        .startsFrom(done, Duration.ZERO)
        .setTaskName("train")
        .setStyle(ProgressBarStyle.ASCII)
        .setUpdateIntervalMillis(500)
        .showSpeed()
        .build();
  }

  private static Map<String, String> formats() {
    Map<String, String> formats = new LinkedHashMap<>();
    formats.put("loss", "%.4f");
    formats.put("grad_norm", "%.3f");
    formats.put("learning_rate", "%.3e");
    formats.put("tokens_per_second", "%,.0f");
    formats.put("eval_loss", "%.4f");
    formats.put("eval_accuracy", "%.4f");
    formats.put("eval_perplexity", "%.2f");
    formats.put("eval_bits_per_byte", "%.4f");
    formats.put("eval_exact_match", "%.3f");
    return formats;
  }
}
