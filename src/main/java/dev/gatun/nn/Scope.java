package dev.gatun.nn;

import dev.gatun.core.Shape;
import java.util.function.Supplier;

/**
 * A place in the tree of a model's layers. Paths are Hugging Face's: {@code new
 * Linear(scope.in("q_proj"), ...)} declares {@code model.layers.0.self_attn.q_proj.weight} if the
 * scope is {@code model.layers.0.self_attn}.
 */
public final class Scope {
  private final Parameters parameters;
  private final String path;

  Scope(Parameters parameters, String path) {
    this.parameters = parameters;
    this.path = path;
  }

  /** The place one level, or several levels joined by dots, further down. */
  public Scope in(String name) {
    return new Scope(parameters, path.isEmpty() ? name : path + "." + name);
  }

  /** The place of one layer in a list. */
  public Scope in(int index) {
    return in(Integer.toString(index));
  }

  /** For example {@code model.layers.0}. */
  public String path() {
    return path;
  }

  /** Declares a parameter here. */
  public Parameter parameter(String name, Shape shape, Parameter.Role role, Init init) {
    return parameters.add(new Parameter(in(name).path, shape, role, init));
  }

  /** Uses a parameter of another place here as well. */
  Parameter alias(String name, Parameter parameter) {
    parameters.alias(in(name).path, parameter);
    return parameter;
  }

  /** Declares a tensor that follows from the configuration. */
  Constant constant(Shape shape, Supplier<double[]> values) {
    return parameters.add(new Constant(shape, values));
  }

  void register(AdaptableLayer layer) {
    parameters.add(layer);
  }

  /** Whether the model that this belongs to is being trained. */
  public Mode mode() {
    return parameters.mode();
  }
}
