package dev.gatun.device;

import dev.gatun.memory.Storage;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Work that is done over and over with the same key: the first time it runs as it is, which also
 * brings all memory and all kernels that it needs; the second time a device records it; from then
 * on the recording is submitted, and the host does nothing else.
 *
 * <p>What the key stands for must say all that the commands depend on but the contents of memory:
 * shapes and addresses. Work whose key is new, as with batches of ever other lengths, simply runs.
 */
public final class Recordings implements AutoCloseable {
  private static final int RECORDINGS = 8;
  private static final int KEYS = 64;

  private final @Nullable DeviceMemory device;

  /** The keys of the past, the oldest first, with what has been recorded for them. */
  private final Map<Object, Optional<Recording>> known = new LinkedHashMap<>();

  private boolean able;

  /**
   * @param storage that the work is done on; only a device records
   */
  public Recordings(Storage storage) {
    this.device = storage instanceof DeviceMemory memory ? memory : null;
    this.able = device != null;
  }

  /** Does some work, one way or the other. */
  public void run(Object key, Runnable work) {
    Optional<Recording> before = known.remove(key);
    Optional<Recording> now = before == null ? Optional.empty() : current(before, work);
    known.put(key, now);
    forgetOldest();
    if (now.isPresent()) {
      now.get().replay();
    } else {
      work.run();
    }
  }

  private Optional<Recording> current(Optional<Recording> before, Runnable work) {
    if (before.isPresent() && before.get().isCurrent()) {
      return before;
    }
    before.ifPresent(Recording::close);
    if (device == null || !able) {
      return Optional.empty();
    }
    Optional<Recording> recording = device.record(work);
    able = recording.isPresent(); // what cannot be recorded once is not tried at every step
    return recording;
  }

  private void forgetOldest() {
    if (known.size() > KEYS) {
      forget(known.keySet().iterator().next());
    }
    ArrayList<Object> recorded = new ArrayList<>(known.keySet());
    recorded.removeIf(key -> known.getOrDefault(key, Optional.empty()).isEmpty());
    if (recorded.size() > RECORDINGS) {
      forget(recorded.getFirst());
    }
  }

  private void forget(Object key) {
    Optional<Recording> forgotten = known.remove(key);
    if (forgotten != null) {
      forgotten.ifPresent(Recording::close);
    }
  }

  @Override
  public void close() {
    known.values().forEach(recording -> recording.ifPresent(Recording::close));
    known.clear();
  }
}
