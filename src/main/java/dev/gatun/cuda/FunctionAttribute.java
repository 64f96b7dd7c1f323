package dev.gatun.cuda;

/** What can be asked of a kernel; the numbers are those of {@code CUfunction_attribute}. */
public enum FunctionAttribute {
  MAX_THREADS_PER_BLOCK(0),
  /** Static shared memory in bytes. */
  SHARED_SIZE_BYTES(1),
  LOCAL_SIZE_BYTES(3),
  NUM_REGISTERS(4),
  /** May be set: how much dynamic shared memory a launch may ask for; 48 KiB if never set. */
  MAX_DYNAMIC_SHARED_SIZE_BYTES(8);

  private final int number;

  FunctionAttribute(int number) {
    this.number = number;
  }

  /** The value of {@code CUfunction_attribute}. */
  public int number() {
    return number;
  }
}
