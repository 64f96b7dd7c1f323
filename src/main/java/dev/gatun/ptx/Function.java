package dev.gatun.ptx;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An {@code .entry} or a {@code .func}.
 *
 * @param parameters in order, each in param space or a register
 * @param body null for a declaration without body
 * @param maxThreads the product of {@code .maxntid} or {@code .reqntid}, or 0
 * @param required the sizes of {@code .reqntid}, or null
 * @param statics global and constant variables declared in the body
 */
@SuppressWarnings("ArrayRecordComponent") // compared by identity
record Function(
    String name,
    boolean entry,
    List<Formal> parameters,
    List<Formal> results,
    @Nullable List<Statement> body,
    long maxThreads,
    int @Nullable [] required,
    List<Variable> statics,
    int line) {

  /** A formal parameter: a variable in param space, or (functions only) a register. */
  sealed interface Formal {
    record InMemory(Variable variable) implements Formal {}

    record InRegister(Register register) implements Formal {}
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return this == other;
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(this);
  }
}
