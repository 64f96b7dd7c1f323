package dev.gatun.ptx;

import dev.gatun.cuda.CudaException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Streams whose work runs as late as is legal: not before somebody waits for it. A synchronisation
 * that is missing then shows as a wrong result and not once in a thousand runs. No stream waits for
 * another unless an event says so, the default stream, 0, included: all others are of the kind that
 * does not block with it.
 */
final class StreamQueues {
  /**
   * A piece of work.
   *
   * @param order increases with every piece, over all streams
   * @param after the event it waits for, or null
   */
  private record Work(long order, Runnable action, @Nullable Event after) {}

  /** A mark in a stream. */
  static final class Event {
    private long stream = -1;
    private long order;
    private long nanos;

    boolean recorded() {
      return stream >= 0;
    }
  }

  /** Work of a stream that is recorded. */
  private static final class Capture {
    final List<Runnable> work = new ArrayList<>();
    boolean valid = true;
  }

  private final Map<Long, Deque<Work>> streams = new HashMap<>();
  private final Map<Long, Capture> captures = new HashMap<>();
  private long nextOrder = 1;

  StreamQueues() {
    streams.put(0L, new ArrayDeque<>());
  }

  boolean exists(long stream) {
    return streams.containsKey(stream);
  }

  void create(long stream) {
    streams.put(stream, new ArrayDeque<>());
  }

  void destroy(long stream) {
    finish(stream);
    streams.remove(stream);
  }

  /** Adds work, or records it if the stream is being captured. */
  void submit(long stream, Runnable action) {
    Capture capture = captures.get(stream);
    if (capture != null) {
      capture.work.add(action);
    } else {
      queue(stream).add(new Work(nextOrder++, action, null));
    }
  }

  void record(Event event, long stream) {
    event.stream = stream;
    event.order = nextOrder++;
    Work mark = new Work(event.order, () -> event.nanos = System.nanoTime(), null);
    queue(stream).add(mark);
  }

  void awaitEvent(long stream, Event event) {
    if (event.recorded()) {
      queue(stream).add(new Work(nextOrder++, () -> {}, copyOf(event)));
    }
  }

  /** An event may be recorded again; who waits, waits for the earlier mark. */
  private static Event copyOf(Event event) {
    Event copy = new Event();
    copy.stream = event.stream;
    copy.order = event.order;
    return copy;
  }

  boolean idle(long stream) {
    Deque<Work> queue = queue(stream);
    if (!queue.isEmpty()) {
      runFirst(queue); // who asks again and again gets there
    }
    return queue.isEmpty();
  }

  void finish(long stream) {
    runUntil(stream, Long.MAX_VALUE);
  }

  void finish(Event event) {
    if (event.recorded()) {
      runUntil(event.stream, event.order);
    }
  }

  void finishAll() {
    for (long stream : List.copyOf(streams.keySet())) {
      finish(stream);
    }
  }

  /** Forgets all work: the context is lost. */
  void drop() {
    streams.values().forEach(Deque::clear);
  }

  /** Milliseconds between two events that have run. */
  static float millis(Event start, Event end) {
    return (float) ((end.nanos - start.nanos) / 1e6);
  }

  private void runUntil(long stream, long order) {
    Deque<Work> queue = streams.get(stream);
    while (queue != null && !queue.isEmpty() && queue.peek().order() <= order) {
      runFirst(queue);
    }
  }

  private void runFirst(Deque<Work> queue) {
    Work work = queue.remove();
    if (work.after() != null) {
      runUntil(work.after().stream, work.after().order);
    }
    work.action().run();
  }

  private Deque<Work> queue(long stream) {
    Deque<Work> queue = streams.get(stream);
    if (queue == null) {
      throw new IllegalArgumentException("stream " + stream + " does not exist");
    }
    return queue;
  }

  // ---- Capture

  /** Whether work in a stream is recorded instead of run. */
  boolean isCapturing(long stream) {
    return captures.containsKey(stream);
  }

  /** A call that no capture survives: whoever ends one then gets no graph. */
  boolean invalidateCaptures() {
    captures.values().forEach(capture -> capture.valid = false);
    return !captures.isEmpty();
  }

  void beginCapture(long stream) {
    if (stream == 0) {
      throw new CudaException(
          CudaException.STREAM_CAPTURE_UNSUPPORTED, "the default stream cannot be captured");
    }
    if (captures.putIfAbsent(stream, new Capture()) != null) {
      throw new CudaException(CudaException.ILLEGAL_STATE, "the stream is captured already");
    }
  }

  /** The work that was recorded, in order. */
  List<Runnable> endCapture(long stream) {
    Capture capture = captures.remove(stream);
    if (capture == null) {
      throw new CudaException(CudaException.ILLEGAL_STATE, "the stream is not captured");
    }
    if (!capture.valid) {
      throw new CudaException(
          CudaException.STREAM_CAPTURE_INVALIDATED, "a call in between cannot be captured");
    }
    return List.copyOf(capture.work);
  }
}
