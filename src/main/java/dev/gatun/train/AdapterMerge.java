package dev.gatun.train;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.autograd.Step;
import dev.gatun.core.Bf16;
import dev.gatun.core.ConfigurationException;
import dev.gatun.core.DType;
import dev.gatun.core.DataException;
import dev.gatun.core.Philox;
import dev.gatun.core.Shape;
import dev.gatun.core.VerificationException;
import dev.gatun.hub.HfDirectory;
import dev.gatun.hub.ModelConfigs;
import dev.gatun.hub.ModelWriter;
import dev.gatun.hub.StateDict;
import dev.gatun.hub.TokenizerFolder;
import dev.gatun.lora.LoraAdapter;
import dev.gatun.lora.LoraMerge;
import dev.gatun.memory.Region;
import dev.gatun.model.CausalLm;
import dev.gatun.model.ForwardInput;
import dev.gatun.model.ModelConfig;
import dev.gatun.model.SpecialTokens;
import dev.gatun.model.WeightStorage;
import dev.gatun.nn.Parameter;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.Tensors;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Makes a plain model folder of an adapter folder and its model, and proves that it computes the
 * same: the logits of random tokens from model and adapter, from the merged model, and from the
 * merged model read back are compared.
 */
public final class AdapterMerge {
  private static final int ROWS = 2;
  private static final int LENGTH = 32;

  /** The largest difference of a merged logit, as a share of the largest logit. */
  private static final double TOLERANCE = 1e-4;

  /**
   * What the comparison found.
   *
   * @param layers how many layers were merged
   * @param trainedOn what the weights were stored as when the adapter was trained
   * @param base the folder of the model
   * @param tokens at how many positions logits were compared
   * @param largest the largest absolute logit
   * @param merged the largest difference between model with adapter and merged model
   * @param rounded the largest difference that rounding to the stored type makes; 0 for F32
   * @param readBack the largest difference between what is written and the same read back
   */
  public record Report(
      int layers,
      WeightStorage trainedOn,
      Path base,
      int tokens,
      double largest,
      double merged,
      double rounded,
      double readBack) {}

  private AdapterMerge() {}

  /** Merges into weights of F32 as they are; see the other method. */
  public static Report run(Path adapterFolder, Optional<Path> base, Path output) {
    return run(adapterFolder, base, output, DType.F32, false);
  }

  /**
   * Merges.
   *
   * @param base the model, if not the one that the adapter names
   * @param output where to write; must not be the folder of the model or the adapter
   * @param stored F32, or F16 or BF16, to which weights are then rounded
   * @param asTrained whether the model's weights first get the values that they had, quantised,
   *     while the adapter was trained
   * @throws VerificationException if the merged model does not compute the same
   */
  public static Report run(
      Path adapterFolder, Optional<Path> base, Path output, DType stored, boolean asTrained) {
    try (Region region = new Region("model")) {
      LoadedModel loaded =
          base.isPresent()
              ? LoadedModel.open(base.get(), Optional.of(adapterFolder), region, WeightStorage.F32)
              : LoadedModel.open(adapterFolder, Optional.empty(), region, WeightStorage.F32);
      LoraAdapter adapter =
          loaded
              .adapter()
              .orElseThrow(
                  () ->
                      new ConfigurationException(
                          adapterFolder + ": is a model folder; there is nothing to merge"));
      prepare(output, List.of(loaded.folder(), adapterFolder));
      WeightStorage trainedOn = BaseWeights.of(adapterFolder);
      if (asTrained) {
        trainedOn.imprint(loaded.model());
      }
      int[] ids = tokens(loaded.model());
      double[] adapted = logits(loaded.model(), ids);
      CausalLm merged = LoraMerge.merge(adapter, region);
      double[] plain = logits(merged, ids);
      round(merged, stored);
      double[] rounded = logits(merged, ids);
      write(merged, loaded, output, stored);
      Report report =
          new Report(
              adapter.layers().size(),
              trainedOn,
              loaded.folder(),
              ids.length,
              largest(adapted),
              difference(adapted, plain),
              difference(plain, rounded),
              difference(rounded, readBack(output, ids)));
      requireSame(report, output);
      return report;
    }
  }

  private static void prepare(Path output, List<Path> sources) {
    for (Path source : sources) {
      if (source.toAbsolutePath().normalize().equals(output.toAbsolutePath().normalize())) {
        throw new ConfigurationException(
            "--output: " + output + " is what is merged; name another folder");
      }
    }
    try {
      Files.createDirectories(output);
    } catch (IOException e) {
      throw new DataException(output + ": cannot be made: " + e.getMessage(), e);
    }
  }

  private static void round(CausalLm model, DType stored) {
    if (stored == DType.F32) {
      return;
    }
    for (Parameter parameter : model.parameters()) {
      MemorySegment values = parameter.ownValue().segment();
      for (int i = 0; i < parameter.shape().elementsExact(); i++) {
        float value = values.getAtIndex(ValueLayout.JAVA_FLOAT, i);
        float near =
            stored == DType.BF16
                ? Bf16.toFloat(Bf16.fromFloat(value))
                : Float.float16ToFloat(Float.floatToFloat16(value));
        values.setAtIndex(ValueLayout.JAVA_FLOAT, i, near);
      }
    }
  }

  private static void write(CausalLm merged, LoadedModel loaded, Path output, DType stored) {
    HfDirectory source = new HfDirectory(loaded.folder());
    HfDirectory target = new HfDirectory(output);
    ModelConfig config = merged.config();
    if (loaded.adapterTokenizer().isPresent() || TokenizerFolder.isIn(loaded.folder())) {
      TokenizerFolder tokenizer = loaded.tokenizer();
      tokenizer.write(output);
      if (loaded.adapterTokenizer().isPresent()) {
        config = config.withSpecialTokens(ending(config.specialTokens(), tokenizer));
      }
      if (source.generationConfig().isPresent()) {
        target.writeGenerationConfig(loaded.generationConfig(tokenizer));
      }
    }
    ObjectNode known = source.config();
    target.writeConfig(ModelConfigs.write(config, stored, known));
    StateDict.save(merged.parameters(), output, stored, ModelWriter.DEFAULT_SHARD_BYTES);
  }

  /** The model ends texts where the tokenizer of the adapter does. */
  private static SpecialTokens ending(SpecialTokens tokens, TokenizerFolder tokenizer) {
    OptionalInt eos = tokenizer.eosTokenId();
    return eos.isPresent()
        ? new SpecialTokens(tokens.bosTokenId(), List.of(eos.getAsInt()), tokens.padTokenId())
        : tokens;
  }

  private static double[] readBack(Path folder, int[] ids) {
    try (Region region = new Region("merged model")) {
      return logits(ModelSetup.load(folder, region), ids);
    }
  }

  private static int[] tokens(CausalLm model) {
    Philox random = new Philox(0, 0);
    int[] ids = new int[ROWS * Math.min(LENGTH, model.config().maxPositionEmbeddings())];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = (int) (random.uniformDouble(i) * model.config().vocabSize());
    }
    return ids;
  }

  private static double[] logits(CausalLm model, int[] ids) {
    try (Region region = new Region("step")) {
      return Step.run(
          region,
          () -> {
            Tensor tokens = Tensors.of(region, Shape.of(ROWS, ids.length / ROWS), ids);
            return Tensors.toDoubles(model.logits(ForwardInput.of(region, tokens)));
          });
    }
  }

  private static double largest(double[] values) {
    double largest = 0;
    for (double value : values) {
      largest = Math.max(largest, Math.abs(value));
    }
    return largest;
  }

  private static double difference(double[] a, double[] b) {
    double largest = 0;
    for (int i = 0; i < a.length; i++) {
      largest = Math.max(largest, Math.abs(a[i] - b[i])); // max keeps a NaN
    }
    return largest;
  }

  private static void requireSame(Report report, Path output) {
    boolean same = report.merged <= TOLERANCE * report.largest && report.readBack == 0;
    if (!same) {
      throw new VerificationException(
          ("%s: the merged model does not compute what model and adapter do: logits up to %.3g"
                  + " differ by %.3g, and by %.3g once read back")
              .formatted(output, report.largest, report.merged, report.readBack));
    }
  }
}
