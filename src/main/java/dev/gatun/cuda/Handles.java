package dev.gatun.cuda;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/** The objects of a driver by the numbers that {@link CudaDriver} gives out for them. */
public final class Handles<T> {
  private final String kind;
  private final Map<Long, T> objects = new HashMap<>();
  private final AtomicLong last;

  /** Numbers from 1. */
  Handles(String kind) {
    this(kind, new AtomicLong());
  }

  /**
   * @param kind for messages, for example {@code stream}
   * @param last the last number given out: kinds that share it never have the same number
   */
  public Handles(String kind, AtomicLong last) {
    this.kind = kind;
    this.last = last;
  }

  /** The number of an object that is new. */
  public long add(T object) {
    long handle = last.incrementAndGet();
    objects.put(handle, object);
    return handle;
  }

  /**
   * The object of a number.
   *
   * @throws CudaException if there is none
   */
  public T get(long handle) {
    T object = objects.get(handle);
    if (object == null) {
      throw new CudaException(CudaException.INVALID_HANDLE, "no " + kind + " " + handle);
    }
    return object;
  }

  /** As {@link #get}; the number then names nothing. */
  public T remove(long handle) {
    T object = get(handle);
    objects.remove(handle);
    return object;
  }
}
