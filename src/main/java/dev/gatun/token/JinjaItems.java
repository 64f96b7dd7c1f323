package dev.gatun.token;

import dev.gatun.token.JinjaValue.Namespace;
import dev.gatun.token.JinjaValue.Tuple;
import dev.gatun.token.JinjaValue.Undefined;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What lies inside of values: attributes, items and slices. */
final class JinjaItems {
  private JinjaItems() {}

  /** {@code base.name}: a method before an item of that name, as Jinja looks. */
  static @Nullable Object attribute(@Nullable Object base, String name) {
    requireDefined(base, name);
    JinjaValue.Function method = PythonMethods.find(base, name);
    return method != null ? method : member(base, name);
  }

  /** {@code base[key]}: an item before a method of that name. */
  static @Nullable Object item(@Nullable Object base, @Nullable Object key) {
    requireDefined(base, PythonText.str(key));
    Object value = member(base, key);
    if (value instanceof Undefined && key instanceof String name) {
      JinjaValue.Function method = PythonMethods.find(base, name);
      return method != null ? method : value;
    }
    return value;
  }

  private static @Nullable Object member(@Nullable Object base, @Nullable Object key) {
    Undefined absent = new Undefined("\"" + PythonText.str(key) + "\"");
    return switch (base) {
      case Map<?, ?> map -> map.containsKey(key) ? map.get(key) : absent;
      case Namespace(Map<String, Object> attributes) ->
          attributes.containsKey(key) ? attributes.get(key) : absent;
      case List<?> list -> at(list, key, absent);
      case Tuple(List<Object> items) -> at(items, key, absent);
      case String text when isIndex(key) -> {
        int[] codePoints = text.codePoints().toArray();
        int index = index(key, codePoints.length);
        yield index < 0 ? absent : Character.toString(codePoints[index]);
      }
      case null, default -> absent;
    };
  }

  private static @Nullable Object at(List<?> list, @Nullable Object key, Undefined absent) {
    int index = isIndex(key) ? index(key, list.size()) : -1;
    return index < 0 ? absent : list.get(index);
  }

  private static boolean isIndex(@Nullable Object key) {
    return key instanceof Long || key instanceof Boolean;
  }

  private static int index(@Nullable Object key, int size) {
    long index = PythonNumber.toLong(key);
    long counted = index < 0 ? index + size : index;
    return counted < 0 || counted >= size ? -1 : (int) counted;
  }

  private static void requireDefined(@Nullable Object base, String name) {
    if (base instanceof Undefined(String what)) {
      throw new JinjaException("%s is not defined, so it has no \"%s\"".formatted(what, name));
    }
  }

  /** {@code base[from:to:step]} of a list, a tuple or a text. */
  static Object slice(
      @Nullable Object base, @Nullable Object from, @Nullable Object to, @Nullable Object step) {
    if (!(base instanceof List<?> || base instanceof Tuple || base instanceof String)) {
      throw new JinjaException(JinjaValue.kind(base) + " cannot be sliced");
    }
    List<Object> items = JinjaValue.items(base);
    long by = step == null ? 1 : PythonNumber.toLong(step);
    if (by == 0) {
      throw new JinjaException("a slice with a step of 0");
    }
    int size = items.size();
    by = Math.clamp(by, -size - 1L, size + 1L);
    long first = from == null ? (by > 0 ? 0 : size - 1) : clamped(from, size, by);
    long end = to == null ? (by > 0 ? size : -1) : clamped(to, size, by);
    List<Object> kept = new ArrayList<>();
    for (long i = first; by > 0 ? i < end : i > end; i += by) {
      kept.add(items.get((int) i));
    }
    if (base instanceof String) {
      return PythonMethods.join("", kept);
    }
    return base instanceof Tuple ? new Tuple(kept) : kept;
  }

  private static long clamped(Object bound, int size, long step) {
    long given = PythonNumber.toLong(bound);
    long counted = given < 0 ? given + size : given;
    return step > 0 ? Math.clamp(counted, 0, size) : Math.clamp(counted, -1, size - 1L);
  }
}
