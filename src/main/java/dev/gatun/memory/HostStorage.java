package dev.gatun.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** The memory of the host. */
public final class HostStorage implements Storage {
  public static final HostStorage HOST = new HostStorage();

  private HostStorage() {}

  @Override
  public String toString() {
    return "cpu";
  }

  @Override
  public boolean isHost() {
    return true;
  }

  @Override
  public MemorySegment reserve(long bytes, Arena arena) {
    return Pages.reserve(bytes, arena);
  }

  @Override
  public void fill(MemorySegment target, byte value) {
    target.fill(value);
  }

  @Override
  public void copy(MemorySegment source, MemorySegment target) {
    target.copyFrom(source);
  }

  @Override
  public void write(MemorySegment host, MemorySegment target) {
    target.copyFrom(host);
  }

  @Override
  public void read(MemorySegment source, MemorySegment host) {
    host.copyFrom(source);
  }
}
