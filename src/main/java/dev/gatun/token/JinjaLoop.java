package dev.gatun.token;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The variable {@code loop} of a {@code for}. */
final class JinjaLoop {
  private final List<Object> items;
  private @Nullable List<Object> lastChanged;

  JinjaLoop(List<Object> items) {
    this.items = items;
  }

  /** Its attributes in one round. */
  Map<String, Object> at(int index) {
    int size = items.size();
    Map<String, Object> loop = new HashMap<>();
    loop.put("index", index + 1L);
    loop.put("index0", (long) index);
    loop.put("revindex", (long) (size - index));
    loop.put("revindex0", size - index - 1L);
    loop.put("first", index == 0);
    loop.put("last", index == size - 1);
    loop.put("length", (long) size);
    if (index > 0) {
      loop.put("previtem", items.get(index - 1));
    }
    if (index < size - 1) {
      loop.put("nextitem", items.get(index + 1));
    }
    JinjaValue.Function cycle = (arguments, _) -> cycle(arguments, index);
    JinjaValue.Function changed = (arguments, _) -> changed(arguments);
    loop.put("cycle", cycle);
    loop.put("changed", changed);
    return loop;
  }

  private static @Nullable Object cycle(List<Object> arguments, int index) {
    if (arguments.isEmpty()) {
      throw new JinjaException("loop.cycle needs values");
    }
    return arguments.get(index % arguments.size());
  }

  private boolean changed(List<Object> arguments) {
    boolean changed = lastChanged == null || !JinjaValue.equal(lastChanged, arguments);
    lastChanged = arguments;
    return changed;
  }
}
