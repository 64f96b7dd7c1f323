package dev.gatun.train;

import dev.gatun.hub.PeftDirectory;
import dev.gatun.lora.LoraAdapter;
import dev.gatun.model.CausalLm;
import dev.gatun.model.WeightStorage;
import dev.gatun.nn.Parameter;
import dev.gatun.nn.Parameters;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The model of a run, what of it is trained, and how that is kept in files. */
sealed interface TrainedModel {
  /** What computes. */
  CausalLm model();

  /** Where the parameters are that the optimiser changes. */
  Parameters trained();

  /** All parameters that take part, in order. */
  List<Parameter> all();

  /** Those that {@link #save} writes. */
  Set<Parameter> saved();

  /** Writes what is trained, in Hugging Face's layout. */
  void save(Path folder);

  /** Overwrites what is trained with what {@link #save} wrote. */
  void load(Path folder);

  /** Every parameter is trained: the files are those of a model folder. */
  record Whole(CausalLm model) implements TrainedModel {
    @Override
    public Parameters trained() {
      return model.parameters();
    }

    @Override
    public List<Parameter> all() {
      return model.parameters().all();
    }

    @Override
    public Set<Parameter> saved() {
      return Set.copyOf(all());
    }

    @Override
    public void save(Path folder) {
      ModelSetup.save(model, folder);
    }

    @Override
    public void load(Path folder) {
      ModelSetup.load(model, folder);
    }
  }

  /**
   * An adapter is trained: the files are those of a PEFT folder.
   *
   * @param base the folder of the frozen model, as the configuration names it
   * @param resized whether the model has another number of token ids than that folder
   * @param storage what the frozen weights are stored as
   */
  record Adapted(LoraAdapter adapter, Path base, boolean resized, WeightStorage storage)
      implements TrainedModel {
    @Override
    public CausalLm model() {
      return adapter.model();
    }

    @Override
    public Parameters trained() {
      return adapter.parameters();
    }

    @Override
    public List<Parameter> all() {
      List<Parameter> all = new ArrayList<>(model().parameters().all());
      all.addAll(adapter.parameters().all());
      return all;
    }

    @Override
    public Set<Parameter> saved() {
      Set<Parameter> saved = new HashSet<>(adapter.parameters().all());
      saved.addAll(adapter.embeddingEntries().values());
      return saved;
    }

    @Override
    public void save(Path folder) {
      new PeftDirectory(folder).save(adapter, base.toString(), resized);
      BaseWeights.write(folder, storage);
    }

    @Override
    public void load(Path folder) {
      new PeftDirectory(folder).load(adapter);
    }
  }
}
