package dev.gatun.ptx;

/** A virtual register; two of the same name in different scopes are different registers. */
final class Register {
  private final String name;
  private final Type type;

  Register(String name, Type type) {
    this.name = name;
    this.type = type;
  }

  String name() {
    return name;
  }

  Type type() {
    return type;
  }

  @Override
  public String toString() {
    return name;
  }
}
