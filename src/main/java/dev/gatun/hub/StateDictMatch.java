package dev.gatun.hub;

import dev.gatun.core.DType;
import dev.gatun.nn.Parameter;
import dev.gatun.nn.Parameters;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Which tensor in the files is which parameter, and everything that does not fit. */
final class StateDictMatch {
  private static final String GPT2_PREFIX = "transformer.";
  private static final Pattern BUFFER =
      Pattern.compile("(.*\\.)?(rotary_emb\\.inv_freq|attn\\.bias|attn\\.masked_bias)");

  private final Parameters parameters;
  private final Weights weights;
  private final SequencedMap<Parameter, TensorEntry> entries = new LinkedHashMap<>();
  private final List<String> unexpected = new ArrayList<>();
  private final List<String> unequal = new ArrayList<>();

  private StateDictMatch(Parameters parameters, Weights weights) {
    this.parameters = parameters;
    this.weights = weights;
  }

  static StateDictMatch of(Parameters parameters, Weights weights) {
    StateDictMatch match = new StateDictMatch(parameters, weights);
    weights.names().forEach(name -> match.place(weights.entry(name)));
    return match;
  }

  /** The tensor of each parameter that has one. */
  Map<Parameter, TensorEntry> entries() {
    return entries;
  }

  /** Refuses files that are not exactly the model's. */
  void requireComplete() {
    new MismatchReport()
        .list("missing", missing())
        .list("unexpected", unexpected)
        .list("wrong shape", wrongShapes())
        .list("wrong type", wrongTypes())
        .list("two values for one tied weight", unequal)
        .requireEmpty(weights.path() + ": does not fit the model that the configuration describes");
  }

  private void place(TensorEntry entry) {
    Parameter parameter = parameterOf(entry.name());
    if (parameter == null) {
      if (!BUFFER.matcher(entry.name()).matches()) {
        unexpected.add(Quoted.of(entry.name()) + " " + entry.shape());
      }
      return;
    }
    TensorEntry other = entries.putIfAbsent(parameter, entry);
    if (other != null && !equal(entry, other)) {
      unequal.add(Quoted.of(other.name()) + " and " + Quoted.of(entry.name()));
    }
  }

  private @Nullable Parameter parameterOf(String key) {
    Parameter parameter = parameters.find(key);
    if (parameter == null) {
      parameter = parameters.aliases().get(key);
    }
    return parameter == null ? parameters.find(GPT2_PREFIX + key) : parameter;
  }

  private List<String> missing() {
    List<String> missing = new ArrayList<>();
    for (Parameter parameter : parameters) {
      if (!entries.containsKey(parameter)) {
        missing.add(Quoted.of(parameter.name()) + " " + parameter.shape());
      }
    }
    return missing;
  }

  private List<String> wrongShapes() {
    List<String> wrong = new ArrayList<>();
    entries.forEach(
        (parameter, entry) -> {
          if (!entry.shape().equals(parameter.shape())) {
            wrong.add(
                "%s is %s in the file, %s in the model"
                    .formatted(Quoted.of(entry.name()), entry.shape(), parameter.shape()));
          }
        });
    return wrong;
  }

  private List<String> wrongTypes() {
    return entries.values().stream()
        .filter(entry -> entry.type().dtype().filter(DType::isFloating).isEmpty())
        .map(entry -> Quoted.of(entry.name()) + " is " + entry.type())
        .toList();
  }

  private static boolean equal(TensorEntry a, TensorEntry b) {
    return a.type() == b.type() && a.shape().equals(b.shape()) && a.data().mismatch(b.data()) == -1;
  }
}
