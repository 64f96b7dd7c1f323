package dev.gatun.ptx;

import java.util.List;

/** An entry that can be launched. */
public final class Kernel {
  /**
   * A parameter.
   *
   * @param offset in the bytes of all parameters
   */
  public record Parameter(String name, int offset, int bytes) {}

  private final Program program;

  Kernel(Program program) {
    this.program = program;
  }

  public String name() {
    return program.name();
  }

  /** The parameters in order. */
  public List<Parameter> parameters() {
    return program.parameters().stream()
        .map(parameter -> new Parameter(parameter.name(), parameter.offset(), parameter.bytes()))
        .toList();
  }

  /** The size of all parameters together. */
  public int parameterBytes() {
    return program.parameterBytes();
  }

  /** Static shared memory in bytes. */
  public int sharedBytes() {
    return program.dynamicShared();
  }

  Program program() {
    return program;
  }
}
