package dev.gatun.hub;

import dev.gatun.core.DType;
import dev.gatun.lora.LoraAdapter;
import dev.gatun.memory.Region;
import dev.gatun.nn.Parameter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;

/**
 * Which tensor of an adapter's file is which parameter, and everything that does not fit. A file
 * holds all that is trained, and may hold the frozen weights of embedding and output layer.
 */
final class PeftMatch {
  private final LoraAdapter adapter;
  private final SafetensorsFile file;
  private final SequencedMap<String, Parameter> trained;
  private final SequencedMap<String, Parameter> frozen = new LinkedHashMap<>();
  private final List<String> unexpected = new ArrayList<>();

  private PeftMatch(LoraAdapter adapter, SafetensorsFile file) {
    this.adapter = adapter;
    this.file = file;
    this.trained = adapter.fileEntries();
  }

  static PeftMatch of(LoraAdapter adapter, SafetensorsFile file) {
    PeftMatch match = new PeftMatch(adapter, file);
    Map<String, Parameter> embeddings = adapter.embeddingEntries();
    Set<String> redundant = adapter.redundantKeys();
    for (String key : file.names()) {
      Parameter parameter = embeddings.get(key);
      if (parameter != null) {
        match.frozen.put(key, parameter);
      } else if (!match.trained.containsKey(key) && !redundant.contains(key)) {
        match.unexpected.add(Quoted.of(key) + " " + file.entry(key).shape());
      }
    }
    return match;
  }

  /**
   * Refuses a file that is not exactly the adapter's.
   *
   * @param resized whether the model got rows that only the file can fill
   */
  void requireComplete(boolean resized) {
    List<String> missing = new ArrayList<>();
    List<String> wrongShapes = new ArrayList<>();
    List<String> wrongTypes = new ArrayList<>();
    SequencedMap<String, Parameter> wanted = new LinkedHashMap<>(trained);
    wanted.putAll(frozen);
    wanted.forEach(
        (key, parameter) ->
            file.find(key)
                .ifPresentOrElse(
                    entry -> {
                      if (!entry.shape().equals(parameter.shape())) {
                        wrongShapes.add(
                            "%s is %s in the file, %s in the model"
                                .formatted(Quoted.of(key), entry.shape(), parameter.shape()));
                      }
                      if (entry.type().dtype().filter(DType::isFloating).isEmpty()) {
                        wrongTypes.add(Quoted.of(key) + " is " + entry.type());
                      }
                    },
                    () -> missing.add(Quoted.of(key) + " " + parameter.shape())));
    new MismatchReport()
        .list("missing", missing)
        .list("unexpected", unexpected)
        .list("wrong shape", wrongShapes)
        .list("wrong type", wrongTypes)
        .list("made for another vocabulary, but without", resized ? absentRows() : List.of())
        .list("two values for one tied weight", unequal())
        .requireEmpty(file.path() + ": does not fit the model and " + PeftDirectory.CONFIG_FILE);
  }

  /** Reads everything; frozen weights that the model has already are not read again. */
  void read(Region region, boolean resized) {
    Map<Parameter, Parameter> targets = new LinkedHashMap<>();
    Map<String, Parameter> reads = new LinkedHashMap<>();
    frozen.forEach(
        (key, base) -> {
          if (resized) {
            reads.put(key, base);
          } else if (!equalsFile(base, key) && !targets.containsKey(base)) {
            Parameter own = adapter.bringFrozen(base);
            targets.put(base, own);
            reads.put(key, own);
          }
        });
    adapter.materialize(region);
    reads.forEach(this::read);
    trained.forEach(this::read);
  }

  /** Reads everything, frozen weights into the model. */
  void readInPlace() {
    trained.forEach(this::read);
    frozen.forEach(this::read);
  }

  private void read(String key, Parameter parameter) {
    StateDict.readF32(file, key, parameter);
  }

  /** Keys of embedding and output layer whose new rows would be left to chance. */
  private List<String> absentRows() {
    List<String> absent = new ArrayList<>();
    adapter
        .embeddingEntries()
        .forEach(
            (key, parameter) -> {
              if (!frozen.containsKey(key) && !frozen.containsValue(parameter)) {
                absent.add(Quoted.of(key) + " " + parameter.shape());
              }
            });
    return absent;
  }

  private boolean equalsFile(Parameter base, String key) {
    TensorEntry entry = file.entry(key);
    var own = base.ownValue();
    return entry.type() == StorageType.F32
        && own.dtype() == DType.F32
        && own.buffer()
            .read(host -> host.asSlice(0, own.spec().bytes()).mismatch(entry.data()) == -1);
  }

  private List<String> unequal() {
    List<String> unequal = new ArrayList<>();
    Map<Parameter, String> first = new LinkedHashMap<>();
    frozen.forEach(
        (key, parameter) -> {
          String other = first.putIfAbsent(parameter, key);
          if (other != null && file.entry(key).data().mismatch(file.entry(other).data()) != -1) {
            unequal.add(Quoted.of(other) + " and " + Quoted.of(key));
          }
        });
    return unequal;
  }
}
