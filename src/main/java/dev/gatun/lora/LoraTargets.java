package dev.gatun.lora;

import dev.gatun.core.ConfigurationException;
import dev.gatun.model.CausalLm;
import dev.gatun.model.Gpt2Config;
import dev.gatun.model.LlamaConfig;
import dev.gatun.model.ModelConfig;
import dev.gatun.model.PhiConfig;
import dev.gatun.nn.AdaptableLayer;
import dev.gatun.nn.Embedding;
import dev.gatun.nn.Parameter;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which layers of a model a configuration means, and which modules it trains whole, by PEFT's rules
 * ({@code check_target_module_exists}, {@code _set_trainable}).
 */
final class LoraTargets {
  private static final Pattern INDEXED = Pattern.compile(".*?\\.[^.]*\\.(?<idx>\\d+)\\..*");

  private final CausalLm model;
  private final LoraConfig config;
  private final SequencedSet<String> modules;

  LoraTargets(CausalLm model, LoraConfig config) {
    this.model = model;
    this.config = config;
    this.modules = modules(model);
  }

  /**
   * The layers to adapt, in the order of the model.
   *
   * @throws ConfigurationException if there is none, or a target is no layer
   */
  List<AdaptableLayer> layers() {
    List<AdaptableLayer> found = new ArrayList<>();
    for (String path : modules) {
      if (isTarget(path)) {
        AdaptableLayer layer = model.parameters().layers().get(path);
        if (layer == null) {
          throw new ConfigurationException(
              "key \"target_modules\" means %s, which is neither a linear layer nor an embedding"
                  .formatted(path));
        }
        found.add(layer);
      }
    }
    if (found.isEmpty()) {
      throw new ConfigurationException(
          "key \"target_modules\" means no layer of the model; its layers are called %s"
              .formatted(String.join(", ", lastNames(model.parameters().layers().keySet()))));
    }
    return found;
  }

  /** The targets in a form that also says which they are without the model. */
  ModuleSelection resolved() {
    return switch (config.targetModules()) {
      case ModuleSelection.Names names -> names;
      case ModuleSelection.Regex regex -> regex;
      case ModuleSelection.AllLinear _ -> named();
      case ModuleSelection.FamilyDefault _ -> familyDefault(model.config());
    };
  }

  /**
   * The modules that are trained whole; none lies in another.
   *
   * @throws ConfigurationException if a name of {@code modules_to_save} is the end of none
   */
  List<String> modulesToSave() {
    List<String> found = new ArrayList<>();
    Set<String> unused = new TreeSet<>(config.modulesToSave());
    for (String path : modules) {
      boolean wanted = config.modulesToSave().stream().anyMatch(path::endsWith);
      unused.removeIf(path::endsWith);
      if (wanted && found.stream().noneMatch(outer -> path.startsWith(outer + "."))) {
        found.add(path);
      }
    }
    if (!unused.isEmpty()) {
      throw new ConfigurationException(
          "key \"modules_to_save\" names %s, which the model does not have"
              .formatted(String.join(", ", unused)));
    }
    return found;
  }

  /** Names of targets that mean nothing in this model. */
  List<String> unusedNames() {
    if (!(config.targetModules() instanceof ModuleSelection.Names names)) {
      return List.of();
    }
    return names.names().stream()
        .filter(
            name -> {
              ModuleSelection.Names one = new ModuleSelection.Names(List.of(name));
              return modules.stream().noneMatch(one::matches);
            })
        .toList();
  }

  private boolean isTarget(String path) {
    if (isExcluded(path) || isSaved(path)) {
      return false;
    }
    return switch (config.targetModules()) {
      case ModuleSelection.Regex regex -> new NamePattern(regex.pattern()).matches(path);
      case ModuleSelection.AllLinear _ -> isInnerLinear(path);
      case ModuleSelection.Names names -> names.matches(path) && isInTransformedBlock(path);
      case ModuleSelection.FamilyDefault _ ->
          familyDefault(model.config()).matches(path) && isInTransformedBlock(path);
    };
  }

  private boolean isExcluded(String path) {
    return switch (config.excludeModules()) {
      case ModuleSelection.Names names -> names.matches(path);
      case ModuleSelection.Regex regex -> new NamePattern(regex.pattern()).matches(path);
      case ModuleSelection.AllLinear _ -> isInnerLinear(path);
      case ModuleSelection.FamilyDefault _ -> false;
    };
  }

  /** Whether a module is trained whole or lies in one that is. */
  private boolean isSaved(String path) {
    return config.modulesToSave().stream()
        .anyMatch(name -> new NamePattern("(^|.*\\.)(" + name + ")($|\\..*)").matches(path));
  }

  private boolean isInnerLinear(String path) {
    AdaptableLayer layer = model.parameters().layers().get(path);
    return layer != null && !(layer instanceof Embedding) && layer != model.outputEmbeddings();
  }

  private boolean isInTransformedBlock(String path) {
    if (config.layersToTransform().isEmpty()) {
      return true;
    }
    List<Pattern> patterns =
        config.layersPattern().isEmpty()
            ? List.of(INDEXED)
            : config.layersPattern().stream().map(LoraTargets::indexed).toList();
    for (Pattern pattern : patterns) {
      Matcher matcher = pattern.matcher(path);
      if (matcher.matches()) {
        return config.layersToTransform().contains(Integer.parseInt(matcher.group("idx")));
      }
    }
    return false;
  }

  /** The pattern of names with an index behind a literal or pattern such as {@code layers}. */
  private static Pattern indexed(String name) {
    String quoted = name.matches("\\w+") ? name : Pattern.quote(name);
    return Pattern.compile("(?:^|.*?\\.)" + quoted + "\\.(?<idx>\\d{1,9})\\..*");
  }

  /** All linear layers by the ends of their names, or by whole paths where ends would say more. */
  private ModuleSelection named() {
    List<String> paths = layers().stream().map(AdaptableLayer::path).toList();
    ModuleSelection.Names ends = new ModuleSelection.Names(List.copyOf(lastNames(paths)));
    boolean exact = modules.stream().filter(ends::matches).toList().equals(paths);
    return exact ? ends : new ModuleSelection.Names(paths);
  }

  private static ModuleSelection.Names familyDefault(ModelConfig config) {
    return new ModuleSelection.Names(
        switch (config) {
          case PhiConfig _ -> List.of("q_proj", "v_proj", "fc1", "fc2");
          case LlamaConfig _ -> List.of("q_proj", "v_proj");
          case Gpt2Config _ -> List.of("c_attn");
        });
  }

  private static SequencedSet<String> lastNames(Iterable<String> paths) {
    SequencedSet<String> names = new LinkedHashSet<>();
    paths.forEach(path -> names.add(path.substring(path.lastIndexOf('.') + 1)));
    return names;
  }

  /** Every module that has a parameter in it, or an alias of one, outer ones first. */
  private static SequencedSet<String> modules(CausalLm model) {
    SequencedSet<String> modules = new LinkedHashSet<>();
    for (Parameter parameter : model.parameters()) {
      addModules(parameter.name(), modules);
    }
    model.parameters().aliases().keySet().forEach(name -> addModules(name, modules));
    return modules;
  }

  private static void addModules(String parameter, Set<String> modules) {
    for (int dot = parameter.indexOf('.'); dot >= 0; dot = parameter.indexOf('.', dot + 1)) {
      modules.add(parameter.substring(0, dot));
    }
  }
}
