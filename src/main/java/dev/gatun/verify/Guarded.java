package dev.gatun.verify;

import dev.gatun.memory.Buffer;
import dev.gatun.memory.HostStorage;
import dev.gatun.memory.Region;
import dev.gatun.memory.Storage;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.TensorSpec;
import dev.gatun.tensor.Tensors;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * Tensors that nobody writes past unnoticed. Where a sanitizer watches, each is an allocation of
 * its exact size; elsewhere each lies between two guards, whose bytes are looked at afterwards.
 */
final class Guarded implements AutoCloseable {
  private static final int GUARD = 256;
  private static final byte PATTERN = (byte) 0xa7;

  private final Storage storage;
  private final boolean watched;
  private final Region region;
  private final List<Region> exact = new ArrayList<>();
  private final List<Tensor> tensors = new ArrayList<>();
  private final List<Buffer> guards = new ArrayList<>();

  /**
   * @param watched whether accesses outside of an allocation are found by the storage itself
   */
  Guarded(Storage storage, boolean watched) {
    this.storage = storage;
    this.watched = watched;
    this.region = new Region("guarded", storage);
  }

  static Guarded onHost() {
    return new Guarded(HostStorage.HOST, false);
  }

  /** A tensor with these elements. */
  Tensor of(Case.Array array) {
    Tensor tensor = empty(array.spec());
    try (Region host = new Region("values")) {
      MemorySegment values = Tensors.of(host, array.spec(), array.values()).segment();
      tensor
          .buffer()
          .write(memory -> memory.fill(PATTERN).asSlice(0, array.spec().bytes()).copyFrom(values));
    }
    return tensor;
  }

  /** A tensor whose elements are unspecified. */
  Tensor empty(TensorSpec spec) {
    if (watched) {
      Region own = Region.exactly("a tensor of " + spec, storage, spec.bytes());
      exact.add(own);
      return Tensor.of(spec, own.allocate(spec.bytes()));
    }
    Buffer before = region.allocate(GUARD);
    before.fill(PATTERN);
    guards.add(before);
    Buffer buffer = region.allocate(spec.bytes() + GUARD);
    buffer.fill(PATTERN);
    Tensor tensor = Tensor.of(spec, buffer);
    tensors.add(tensor);
    return tensor;
  }

  /** What is wrong with the guards. */
  List<String> damage() {
    List<String> damage = new ArrayList<>();
    for (int i = 0; i < tensors.size(); i++) {
      TensorSpec spec = tensors.get(i).spec();
      long below = firstOther(guards.get(i), 0);
      if (below >= 0) {
        damage.add("%d bytes before a tensor of %s were written".formatted(GUARD - below, spec));
      }
      long above = firstOther(tensors.get(i).buffer(), spec.bytes());
      if (above >= 0) {
        damage.add(
            "%d bytes behind a tensor of %s were written".formatted(above - spec.bytes(), spec));
      }
    }
    return damage;
  }

  private static long firstOther(Buffer buffer, long from) {
    return buffer.read(
        memory -> {
          MemorySegment bytes = memory;
          for (long i = from; i < bytes.byteSize(); i++) {
            if (bytes.get(ValueLayout.JAVA_BYTE, i) != PATTERN) {
              return i;
            }
          }
          return -1L;
        });
  }

  @Override
  public void close() {
    exact.forEach(Region::close);
    region.close();
  }
}
