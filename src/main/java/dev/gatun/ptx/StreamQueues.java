package dev.gatun.ptx;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Streams whose work runs as late as is legal: not before somebody waits for it. A synchronisation
 * that is missing then shows as a wrong result and not once in a thousand runs. Work in the default
 * stream, 0, runs after all earlier work of the others, and theirs after earlier work in it.
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

  private final Map<Long, Deque<Work>> streams = new HashMap<>();
  private final Map<Long, List<Runnable>> captures = new HashMap<>();
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
    List<Runnable> capture = captures.get(stream);
    if (capture != null) {
      capture.add(action);
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
      runFirst(stream, queue); // who asks again and again gets there
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
      runFirst(stream, queue);
    }
  }

  private void runFirst(long stream, Deque<Work> queue) {
    Work work = queue.remove();
    if (stream == 0) {
      for (long other : List.copyOf(streams.keySet())) {
        if (other != 0) {
          runUntil(other, work.order() - 1);
        }
      }
    } else {
      runUntil(0, work.order() - 1);
    }
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

  boolean capturing(long stream) {
    return captures.containsKey(stream);
  }

  void beginCapture(long stream) {
    captures.put(stream, new ArrayList<>());
  }

  List<Runnable> endCapture(long stream) {
    List<Runnable> work = captures.remove(stream);
    return work == null ? List.of() : work;
  }
}
