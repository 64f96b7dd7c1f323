package dev.gatun.cuda;

import java.util.HashMap;
import java.util.Map;

/** The objects of a binding by the numbers that {@link CudaDriver} gives out for them. */
final class Handles<T> {
  private final String kind;
  private final Map<Long, T> objects = new HashMap<>();
  private long last;

  /**
   * @param kind for messages, for example {@code stream}
   */
  Handles(String kind) {
    this.kind = kind;
  }

  long add(T object) {
    objects.put(++last, object);
    return last;
  }

  T get(long handle) {
    T object = objects.get(handle);
    if (object == null) {
      throw new CudaException(CudaException.INVALID_HANDLE, "no " + kind + " " + handle);
    }
    return object;
  }

  T remove(long handle) {
    T object = get(handle);
    objects.remove(handle);
    return object;
  }
}
