package dev.gatun.nn;

import dev.gatun.core.DType;
import dev.gatun.core.Shape;
import dev.gatun.core.ShapeException;
import dev.gatun.memory.Region;
import dev.gatun.op.Quantization;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.TensorSpec;
import dev.gatun.tensor.Tensors;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A tensor that is learnt. Its name is its key in Hugging Face's files, for example {@code
 * model.layers.0.self_attn.q_proj.weight}.
 */
public final class Parameter {
  /** What a parameter is for; the optimiser decays by it. */
  public enum Role {
    /** The matrix of a linear layer or an embedding. */
    WEIGHT,
    /** What a layer adds. */
    BIAS,
    /** The gain of a norm. */
    NORM
  }

  private final String name;
  private final Shape shape;
  private final Role role;
  private final Init init;
  private boolean requiresGrad = true;
  private @Nullable DType stored;
  private @Nullable Tensor value;
  private @Nullable Tensor gradient;
  private @Nullable Parameter standIn;

  Parameter(String name, Shape shape, Role role, Init init) {
    this.name = name;
    this.shape = shape;
    this.role = role;
    this.init = init;
  }

  public String name() {
    return name;
  }

  public Shape shape() {
    return shape;
  }

  public Role role() {
    return role;
  }

  /** What it starts as. */
  public Init init() {
    return init;
  }

  /** Whether it is trained. */
  public boolean requiresGrad() {
    return requiresGrad;
  }

  /** Trains or freezes it. A frozen parameter has no gradient, and no operation computes one. */
  public void setRequiresGrad(boolean requiresGrad) {
    if (requiresGrad && isStored()) {
      throw new IllegalStateException(
          "parameter " + name + " is stored as " + stored + ", which cannot be trained");
    }
    this.requiresGrad = requiresGrad;
    if (!requiresGrad) {
      gradient = null;
    }
  }

  /**
   * Stores it in fewer bits than the model computes with: BF16 or a quantised type. It has no
   * memory yet, and is frozen from now on.
   */
  public void storeAs(DType dtype) {
    if (isMaterialized()) {
      throw new IllegalStateException(
          "parameter " + name + " is to be stored as " + dtype + ", but has memory");
    }
    setRequiresGrad(false);
    stored = dtype;
  }

  /** Whether it is stored in fewer bits than the model computes with. */
  public boolean isStored() {
    return stored != null;
  }

  /** What its value is in a model that computes with this type. */
  TensorSpec spec(DType computed) {
    return new TensorSpec(shape, stored == null ? computed : stored);
  }

  /** Overwrites its own value with one in F32 on the host, rounded to what it is stored as. */
  public void overwrite(Tensor exact) {
    if (isStored()) {
      Quantization.quantize(exact, ownValue());
    } else {
      Tensors.copy(exact, ownValue());
    }
  }

  /** Its own value in the type that the model computes with, unpacked into a region if need be. */
  public Tensor unpacked(Region region) {
    if (!isStored()) {
      return ownValue();
    }
    Tensor exact = Tensors.empty(region, new TensorSpec(shape, DType.F32));
    Quantization.dequantize(ownValue(), exact);
    return exact;
  }

  /**
   * Lets another parameter speak for this one, as an adapter's own copy of a bias does; null ends
   * that.
   */
  public void setStandIn(@Nullable Parameter other) {
    if (other != null && !other.shape.equals(shape)) {
      throw new ShapeException(other + " cannot stand in for " + this + ": the shapes differ");
    }
    standIn = other;
  }

  /** The value, or that of the parameter that stands in; tracked if it is trained. */
  public Tensor value() {
    if (standIn != null) {
      return standIn.value();
    }
    if (value == null) {
      throw new IllegalStateException(
          "parameter " + name + " has no memory yet: Parameters.materialize gives it");
    }
    return requiresGrad ? value.tracked() : value;
  }

  /** Its own value, not tracked, whoever stands in. */
  public Tensor ownValue() {
    return isMaterialized() ? Objects.requireNonNull(value) : value();
  }

  /** Whether it has memory. */
  public boolean isMaterialized() {
    return value != null;
  }

  /** Makes a tensor its value. */
  public void bind(Tensor tensor) {
    requireShape(tensor);
    if (Quantization.isStored(tensor.dtype())) {
      setRequiresGrad(false);
      stored = tensor.dtype();
    }
    value = tensor;
  }

  /** Where its gradient is added up; null if it is frozen or nothing is trained. */
  public @Nullable Tensor gradient() {
    return gradient;
  }

  void bindGradient(Tensor tensor) {
    requireShape(tensor);
    gradient = tensor;
  }

  private void requireShape(Tensor tensor) {
    if (!tensor.shape().equals(shape)) {
      throw new ShapeException("parameter " + name + " has shape " + shape + ", given " + tensor);
    }
  }

  /** For example {@code model.norm.weight [64]}. */
  @Override
  public String toString() {
    return name + " " + shape;
  }
}
