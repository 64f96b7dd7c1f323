package dev.gatun.train;

import java.nio.file.Path;
import java.util.Map;

/** Sees a run happen; the command line shows it as text and progress. */
public interface RunListener {
  /** Keeps what it sees to itself. */
  RunListener SILENT =
      new RunListener() {
        @Override
        public void message(String text) {}

        @Override
        public void step(int step, int totalSteps, StepReport report) {}

        @Override
        public void log(Map<String, Double> entry) {}

        @Override
        public void sample(String prompt, String continuation) {}

        @Override
        public void saved(Path checkpoint) {}
      };

  /** A sentence about what is being done. */
  void message(String text);

  /** A step is done. */
  void step(int step, int totalSteps, StepReport report);

  /** Figures were logged, under the names of {@code metrics.jsonl}. */
  void log(Map<String, Double> entry);

  /** The model was asked to continue a prompt. */
  void sample(String prompt, String continuation);

  /** A checkpoint is on the disk. */
  void saved(Path checkpoint);
}
