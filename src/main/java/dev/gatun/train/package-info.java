/**
 * Training: what a run is asked to do ({@link dev.gatun.train.RunConfig}), how it is put together
 * ({@link dev.gatun.train.TrainingRun}), and the loop itself ({@link dev.gatun.train.Trainer}),
 * which repeats one {@link dev.gatun.train.TrainingStep}, reports, evaluates and saves.
 */
@NullMarked
package dev.gatun.train;

import org.jspecify.annotations.NullMarked;
