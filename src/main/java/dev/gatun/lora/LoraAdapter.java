package dev.gatun.lora;

import dev.gatun.core.ConfigurationException;
import dev.gatun.core.Shape;
import dev.gatun.memory.Region;
import dev.gatun.model.CausalLm;
import dev.gatun.nn.AdaptableLayer;
import dev.gatun.nn.Conv1D;
import dev.gatun.nn.Dropout;
import dev.gatun.nn.Embedding;
import dev.gatun.nn.Init;
import dev.gatun.nn.Linear;
import dev.gatun.nn.Parameter;
import dev.gatun.nn.Parameters;
import dev.gatun.nn.Scale;
import dev.gatun.nn.Scope;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.Tensors;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;

/**
 * One adapter on one model.
 *
 * <p>Its parameters have the names that PEFT gives them in memory, without {@code
 * base_model.model.} before them; those of the model are frozen. A module or bias that is trained
 * as well has a copy here, which stands in for the model's own while the adapter is active. So any
 * number of adapters can lie on a model, one at most is active, and the model is what it was once
 * none is.
 */
public final class LoraAdapter {
  /** What PEFT calls an adapter that is given no name. */
  public static final String DEFAULT_NAME = "default";

  /** What stands before the name of a parameter in PEFT's files. */
  public static final String FILE_PREFIX = "base_model.model.";

  /** Why a parameter of the model has a stand-in. */
  enum Reason {
    /** It belongs to a module that is trained whole. */
    MODULE,
    /** It is a bias that is trained. */
    BIAS,
    /** The adapter came with the frozen weights that it was made for. */
    FROZEN
  }

  /** A parameter of the adapter in the place of one of the model. */
  record StandIn(Parameter base, Parameter own, String fileKey, Reason reason) {}

  private final CausalLm model;
  private final LoraConfig config;
  private final String name;
  private final Parameters parameters = new Parameters();
  private final SequencedMap<String, LoraLayer> layers = new LinkedHashMap<>();
  private final List<StandIn> standIns = new ArrayList<>();
  private final List<String> warnings = new ArrayList<>();

  /**
   * An adapter without memory, which is not active yet.
   *
   * @param model with memory; all its parameters become frozen
   * @param name of the adapter, {@value #DEFAULT_NAME} unless there are several
   * @throws ConfigurationException if the configuration does not fit the model
   */
  public LoraAdapter(CausalLm model, LoraConfig config, String name) {
    this.model = model;
    this.name = name;
    LoraTargets targets = new LoraTargets(model, config);
    List<AdaptableLayer> adapted = targets.layers();
    this.config = config.withTargetModules(targets.resolved());
    for (AdaptableLayer layer : adapted) {
      layers.put(layer.path(), adapt(layer));
    }
    List<String> saved = targets.modulesToSave();
    if (needsUntying(model, config)) {
      throw new ConfigurationException(
          "key \"modules_to_save\" names a layer whose weight is tied to another one;"
              + " untie the model first");
    }
    addModules(saved);
    addBiases();
    warnings.addAll(LoraWarnings.of(model, adapted, targets.unusedNames()));
    model.parameters().forEach(parameter -> parameter.setRequiresGrad(false));
  }

  /**
   * Whether a model must be {@linkplain dev.gatun.model.Rebuild#untied untied} before this adapter
   * can be put on it: one of two tied layers is to be trained whole.
   */
  public static boolean needsUntying(CausalLm model, LoraConfig config) {
    if (!model.config().tieWordEmbeddings()) {
      return false;
    }
    String input = model.inputEmbeddings().path();
    String output = model.outputEmbeddings().path();
    return new LoraTargets(model, config)
        .modulesToSave().stream().anyMatch(module -> isIn(module, input) || isIn(module, output));
  }

  /** The model that is adapted. */
  public CausalLm model() {
    return model;
  }

  /** The configuration, its targets spelled out. */
  public LoraConfig config() {
    return config;
  }

  public String name() {
    return name;
  }

  /** The parameters of the adapter, stand-ins included. */
  public Parameters parameters() {
    return parameters;
  }

  /** What is added to which layer, by path, in the order of the model. */
  public SequencedMap<String, LoraLayer> layers() {
    return Collections.unmodifiableSequencedMap(layers);
  }

  /** What a user should know about this adapter on this model. */
  public List<String> warnings() {
    return List.copyOf(warnings);
  }

  /** Gives memory to the adapter's parameters; their values are unspecified. */
  public void materialize(Region region) {
    parameters.materialize(region, model.parameters().dtype());
  }

  /** Sets A and B to what they start as, and the stand-ins to the model's own values. */
  public void initialize(long seed) {
    parameters.initialize(seed);
    for (StandIn standIn : standIns) {
      Tensor own = standIn.own.ownValue();
      try (Region scratch = new Region("unpacking", own.buffer().region().storage())) {
        Tensors.copy(standIn.base.unpacked(scratch), own);
      }
    }
  }

  /**
   * Makes the model compute with this adapter instead of any other; {@link #deactivate} ends that.
   */
  public void activate() {
    deactivate(model);
    layers.forEach((_, lora) -> lora.layer().setAdapter(lora));
    standIns.forEach(standIn -> standIn.base.setStandIn(standIn.own));
  }

  /** Makes a model compute without any adapter. */
  public static void deactivate(CausalLm model) {
    model.parameters().layers().values().forEach(layer -> layer.setAdapter(null));
    model.parameters().forEach(parameter -> parameter.setStandIn(null));
  }

  /**
   * What PEFT's files hold for this adapter, by key: A and B of every layer, modules that are
   * trained whole, biases that are trained.
   */
  public SequencedMap<String, Parameter> fileEntries() {
    SequencedMap<String, Parameter> entries = new LinkedHashMap<>();
    for (LoraLayer lora : layers.values()) {
      entries.put(fileKey(lora.a()), lora.a());
      entries.put(fileKey(lora.b()), lora.b());
    }
    for (StandIn standIn : standIns) {
      if (standIn.reason != Reason.FROZEN) {
        entries.put(FILE_PREFIX + standIn.fileKey, standIn.own);
      }
    }
    return entries;
  }

  /**
   * Further keys that a file of PEFT may hold and that say nothing new: where a module that is
   * trained whole was resized too, the file has it twice, and its frozen original.
   */
  public Set<String> redundantKeys() {
    Set<String> keys = new HashSet<>();
    for (StandIn standIn : standIns) {
      if (standIn.reason == Reason.MODULE) {
        String own = FILE_PREFIX + standIn.own.name();
        String level = ".modules_to_save." + name + ".";
        keys.add(own.replace(level, ".modules_to_save."));
        keys.add(own.replace(level, ".original_module."));
      }
    }
    return keys;
  }

  /**
   * The weights of the embedding and of the output layer, by their keys in PEFT's files, which hold
   * them where these layers are adapted or were resized.
   */
  public SequencedMap<String, Parameter> embeddingEntries() {
    SequencedMap<String, Parameter> entries = new LinkedHashMap<>();
    Embedding input = model.inputEmbeddings();
    Linear output = model.outputEmbeddings();
    entries.put(baseKey(input.path(), "weight"), input.weight());
    entries.put(baseKey(output.path(), "weight"), output.weight());
    Parameter bias = output.bias();
    if (bias != null) {
      entries.put(baseKey(output.path(), "bias"), bias);
    }
    fileEntries().keySet().forEach(entries::remove);
    Set<Parameter> replaced = new HashSet<>();
    standIns.stream().filter(s -> s.reason != Reason.FROZEN).forEach(s -> replaced.add(s.base));
    entries.values().removeIf(replaced::contains);
    return entries;
  }

  /**
   * Lets the adapter bring frozen values of its own for a parameter of the model, as a PEFT folder
   * does for an embedding that was resized.
   *
   * @return the parameter to be filled, without memory yet
   */
  public Parameter bringFrozen(Parameter base) {
    Parameter own =
        parameters.root().parameter(base.name(), base.shape(), base.role(), base.init());
    own.setRequiresGrad(false);
    standIns.add(new StandIn(base, own, base.name(), Reason.FROZEN));
    return own;
  }

  /** Counts parameters as PEFT does: memory that two layers share counts once. */
  public ParameterCount count() {
    long all = 0;
    Set<Object> memory = new HashSet<>();
    for (Parameter parameter : model.parameters()) {
      if (memory.add(parameter.ownValue().buffer())) {
        all += parameter.shape().elements();
      }
    }
    for (LoraLayer lora : layers.values()) {
      all += lora.a().shape().elements() + lora.b().shape().elements();
    }
    for (StandIn standIn : standIns) {
      all += standIn.reason == Reason.MODULE ? standIn.own.shape().elements() : 0;
    }
    return new ParameterCount(parameters.trainableCount(), all);
  }

  private LoraLayer adapt(AdaptableLayer layer) {
    Scope scope = parameters.root().in(layer.path());
    int rank = config.rankOf(layer.path());
    double scaling = config.scalingOf(layer.path());
    Scale scale = new Scale(scope.in("scaling"), rank, (float) scaling);
    Shape weight = layer.weight().shape();
    LoraInit init = new LoraInit(config.initLoraWeights(), rank);
    return switch (layer) {
      case Embedding _ -> {
        // PEFT names these without ".weight": they are parameters there, not layers.
        Parameter a = matrix(scope.in("lora_embedding_A"), rank, weight.size(0), init.embeddingA());
        Parameter b = matrix(scope.in("lora_embedding_B"), weight.size(1), rank, init.embeddingB());
        yield new LoraEmbedding(layer, a, b, scaling, scale);
      }
      case Linear _ -> linear(layer, scope, weight.size(1), weight.size(0), init, scaling, scale);
      case Conv1D _ -> linear(layer, scope, weight.size(0), weight.size(1), init, scaling, scale);
    };
  }

  private LoraLayer linear(
      AdaptableLayer layer,
      Scope scope,
      int in,
      int out,
      LoraInit init,
      double scaling,
      Scale scale) {
    Parameter a = matrix(scope.in("lora_A").in(name), "weight", init.rank(), in, init.a(in));
    Parameter b = matrix(scope.in("lora_B").in(name), "weight", out, init.rank(), init.b());
    Scope dropout = layer.scope().in("lora_dropout").in(name);
    return new LoraLinear(layer, a, b, scaling, new Dropout(dropout, config.loraDropout()), scale);
  }

  private Parameter matrix(Scope scope, int rows, int columns, Init init) {
    return matrix(scope, name, rows, columns, init);
  }

  private static Parameter matrix(Scope scope, String last, int rows, int columns, Init init) {
    return scope.parameter(last, Shape.of(rows, columns), Parameter.Role.WEIGHT, init);
  }

  private void addModules(List<String> modules) {
    for (String module : modules) {
      String inner = module + ".";
      for (Parameter base : model.parameters()) {
        if (base.name().startsWith(inner)) {
          String rest = base.name().substring(inner.length());
          addStandIn(
              base, inner + "modules_to_save." + name + "." + rest, base.name(), Reason.MODULE);
        }
      }
    }
  }

  private void addBiases() {
    for (Parameter base : model.parameters()) {
      boolean isBias = base.name().equals("bias") || base.name().endsWith(".bias");
      if (!isBias || standIns.stream().anyMatch(standIn -> standIn.base == base)) {
        continue;
      }
      String path = base.name().substring(0, Math.max(0, base.name().length() - ".bias".length()));
      boolean wanted =
          switch (config.bias()) {
            case NONE -> false;
            case ALL -> true;
            case LORA_ONLY -> layers.containsKey(path);
          };
      if (wanted) {
        String key = baseKey(path, "bias").substring(FILE_PREFIX.length());
        addStandIn(base, key, key, Reason.BIAS);
      }
    }
  }

  private void addStandIn(Parameter base, String ownName, String fileKey, Reason reason) {
    Parameter own = parameters.root().parameter(ownName, base.shape(), base.role(), Init.zeros());
    standIns.add(new StandIn(base, own, fileKey, reason));
  }

  /** The key of a parameter of the model itself: PEFT moves an adapted layer one level down. */
  private String baseKey(String path, String parameter) {
    String level = layers.containsKey(path) ? ".base_layer." : ".";
    return FILE_PREFIX + path + level + parameter;
  }

  private String fileKey(Parameter parameter) {
    String end = "." + name;
    String key = parameter.name();
    return FILE_PREFIX
        + (key.endsWith(end)
            ? key.substring(0, key.length() - end.length())
            : key.replace(end + ".weight", ".weight"));
  }

  private static boolean isIn(String module, String path) {
    return path.equals(module) || path.startsWith(module + ".");
  }

  /** For the merge: what the model's parameters are while this adapter is active. */
  Map<Parameter, Parameter> replacements() {
    Map<Parameter, Parameter> replaced = new LinkedHashMap<>();
    standIns.forEach(standIn -> replaced.put(standIn.base, standIn.own));
    return replaced;
  }
}
