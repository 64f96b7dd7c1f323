package dev.gatun.op;

import java.lang.reflect.InvocationTargetException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** All operations, read from the {@code permits} list of {@link Op}. */
public final class Registry {
  /** Made once: each operation of each step is recorded under its name. */
  private static final ClassValue<String> NAMES =
      new ClassValue<>() {
        @Override
        protected String computeValue(Class<?> operation) {
          return snakeCase(operation);
        }
      };

  private Registry() {}

  /** The operation classes in the order of the list. */
  public static List<Class<? extends Op>> operations() {
    return Arrays.stream(Op.class.getPermittedSubclasses())
        .<Class<? extends Op>>map(type -> type.asSubclass(Op.class))
        .toList();
  }

  /** The samples of one operation class. */
  public static List<Sample> samples(Class<? extends Op> operation) {
    try {
      List<Sample> samples = new ArrayList<>();
      for (Object sample : (List<?>) operation.getDeclaredMethod("samples").invoke(null)) {
        samples.add((Sample) sample);
      }
      return samples;
    } catch (NoSuchMethodException | IllegalAccessException e) {
      throw new IllegalStateException(
          operation.getName() + " lacks 'static List<Sample> samples()', which every operation has",
          e);
    } catch (InvocationTargetException e) {
      throw new IllegalStateException(
          "the samples of " + operation.getName() + " cannot be made", e);
    }
  }

  /** {@code RmsNorm.Backward} becomes {@code rms_norm_backward}. */
  public static String name(Class<? extends Op> operation) {
    return NAMES.get(operation);
  }

  private static String snakeCase(Class<?> operation) {
    String simple = operation.getSimpleName();
    Class<?> outer = operation.getEnclosingClass();
    String joined = outer == null ? simple : outer.getSimpleName() + simple;
    return joined.replaceAll("(?<=[a-z0-9])(?=[A-Z])", "_").toLowerCase(Locale.ROOT);
  }
}
