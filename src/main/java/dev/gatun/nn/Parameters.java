package dev.gatun.nn;

import dev.gatun.autograd.Gradients;
import dev.gatun.core.DType;
import dev.gatun.memory.Region;
import dev.gatun.memory.Storage;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.TensorSpec;
import dev.gatun.tensor.Tensors;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All parameters of a model in the order in which its layers were made, and the layers that an
 * adapter may change.
 *
 * <p>Memory is given apart from declaration: {@link #bytes} says how much, {@link #materialize}
 * gives it. A parameter that is used twice is listed once; its other key in files is an alias.
 * Parameters may be added later, as an adapter does, and be materialised by a second call.
 */
public final class Parameters implements Iterable<Parameter> {
  private final Map<String, Parameter> parameters = new LinkedHashMap<>();
  private final Map<String, Parameter> aliases = new LinkedHashMap<>();
  private final Map<String, AdaptableLayer> layers = new LinkedHashMap<>();
  private final List<Constant> constants = new ArrayList<>();
  private final Mode mode = new Mode();

  /** Where names start. */
  public Scope root() {
    return new Scope(this, "");
  }

  /** Whether the model that these belong to is being trained; its layers ask. */
  public Mode mode() {
    return mode;
  }

  /** All of them in order. */
  public List<Parameter> all() {
    return List.copyOf(parameters.values());
  }

  /** Those that are trained, in order. */
  public List<Parameter> trainable() {
    return parameters.values().stream().filter(Parameter::requiresGrad).toList();
  }

  @Override
  public Iterator<Parameter> iterator() {
    return all().iterator();
  }

  /** The parameter of this name, or null; an alias is no name. */
  public @Nullable Parameter find(String name) {
    return parameters.get(name);
  }

  /** The parameter of this name. */
  public Parameter get(String name) {
    Parameter parameter = parameters.get(name);
    if (parameter == null) {
      throw new IllegalArgumentException("there is no parameter " + name);
    }
    return parameter;
  }

  /**
   * Further keys that files may hold for a parameter that is used twice: {@code lm_head.weight} for
   * a tied embedding.
   */
  public Map<String, Parameter> aliases() {
    return Collections.unmodifiableMap(aliases);
  }

  /** The layers that an adapter may change, by path, for example {@code lm_head}. */
  public Map<String, AdaptableLayer> layers() {
    return Collections.unmodifiableMap(layers);
  }

  /** The number of elements of all parameters. */
  public long count() {
    return parameters.values().stream().mapToLong(p -> p.shape().elements()).sum();
  }

  /** The number of elements of those that are trained. */
  public long trainableCount() {
    return trainable().stream().mapToLong(p -> p.shape().elements()).sum();
  }

  /**
   * What the model computes with: F32, or F64 for the gradient check. Not all need be stored so.
   */
  public DType dtype() {
    for (Parameter parameter : parameters.values()) {
      if (!parameter.isStored()) {
        return parameter.ownValue().dtype();
      }
    }
    return DType.F32;
  }

  /** Where their memory is; they have some. */
  public Storage storage() {
    return parameters.values().iterator().next().value().buffer().region().storage();
  }

  /** The bytes that {@link #materialize} will take from a region. */
  public long bytes(DType dtype) {
    long bytes = 0;
    for (Parameter parameter : parameters.values()) {
      if (!parameter.isMaterialized()) {
        bytes += Region.sizeOf(parameter.spec(dtype).bytes());
      }
    }
    for (Constant constant : constants) {
      if (!constant.isMaterialized()) {
        bytes += Region.sizeOf(constant.spec(dtype).bytes());
      }
    }
    return bytes;
  }

  /** The bytes that {@link #allocateGradients} will take from a region. */
  public long gradientBytes(DType dtype) {
    long bytes = 0;
    for (Parameter parameter : trainable()) {
      bytes += Region.sizeOf(new TensorSpec(parameter.shape(), dtype).bytes());
    }
    return bytes;
  }

  /**
   * Gives memory to all that have none; the values are unspecified until they are initialised or
   * read from a file. In a region that holds at least {@link #bytes} in one piece they lie in
   * order, each on 64 bytes.
   *
   * @param dtype F32, or F64 for the gradient check
   */
  public void materialize(Region region, DType dtype) {
    for (Parameter parameter : parameters.values()) {
      if (!parameter.isMaterialized()) {
        parameter.bind(Tensors.empty(region, parameter.spec(dtype)));
      }
    }
    for (Constant constant : constants) {
      if (!constant.isMaterialized()) {
        constant.materialize(region, dtype);
      }
    }
  }

  /** Sets every parameter to what it starts as. */
  public void initialize(long seed) {
    for (Parameter parameter : parameters.values()) {
      if (parameter.isStored() && storage().holdsData()) {
        initializeStored(parameter, seed);
      } else if (!parameter.isStored()) {
        parameter.init().fill(parameter.value(), parameter.name(), seed);
      }
    }
  }

  private static void initializeStored(Parameter parameter, long seed) {
    try (Region scratch = new Region("initialization")) {
      Tensor exact = Tensors.empty(scratch, new TensorSpec(parameter.shape(), DType.F32));
      parameter.init().fill(exact, parameter.name(), seed);
      parameter.overwrite(exact);
    }
  }

  /**
   * Gives memory to the gradients of those that are trained.
   *
   * @return where the tape adds them up
   */
  public Gradients allocateGradients(Region region) {
    Gradients gradients = new Gradients();
    for (Parameter parameter : trainable()) {
      Tensor storage = Tensors.zeros(region, parameter.value().spec());
      parameter.bindGradient(storage);
      gradients.persist(parameter.value(), storage);
    }
    return gradients;
  }

  Parameter add(Parameter parameter) {
    if (parameters.putIfAbsent(parameter.name(), parameter) != null) {
      throw new IllegalStateException("two parameters are named " + parameter.name());
    }
    return parameter;
  }

  Constant add(Constant constant) {
    constants.add(constant);
    return constant;
  }

  void add(AdaptableLayer layer) {
    layers.put(layer.path(), layer);
  }

  void alias(String name, Parameter parameter) {
    aliases.put(name, parameter);
  }
}
