package dev.gatun.autograd;

/**
 * The rule of differentiation of an operation {@code y = f(x)}: the vector-Jacobian product, which
 * turns {@code dy = ∂L/∂y} into {@code dx = dyᵀ·∂y/∂x}.
 */
@FunctionalInterface
public interface Vjp {
  /** Reads the gradients of the outputs and contributes to those of the inputs that need one. */
  void vjp(Backprop backprop);
}
