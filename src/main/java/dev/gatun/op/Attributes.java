package dev.gatun.op;

import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The attributes of an operation by name, so that it can be written down and made again: numbers,
 * booleans, names of constants, and for the operation that another belongs to, its attributes.
 */
public final class Attributes {
  private Attributes() {}

  /** The attributes in the order of the record. */
  public static Map<String, Object> of(Op op) {
    return read((Record) op);
  }

  /**
   * The operation of a class with these attributes.
   *
   * @throws IllegalArgumentException if one is missing or is not what the class asks for
   */
  public static Op create(Class<? extends Op> operation, Map<String, ?> attributes) {
    return operation.cast(make(operation, attributes));
  }

  private static Map<String, Object> read(Record from) {
    Map<String, Object> attributes = new LinkedHashMap<>();
    for (RecordComponent component : from.getClass().getRecordComponents()) {
      try {
        Method accessor = component.getAccessor();
        accessor.setAccessible(true);
        Object value = accessor.invoke(from);
        attributes.put(
            component.getName(),
            switch (value) {
              case Record inner -> read(inner);
              case Enum<?> constant -> constant.name();
              case Float number -> number.doubleValue(); // exact
              default -> value;
            });
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException("a record's own accessor: " + component, e);
      }
    }
    return attributes;
  }

  private static Object make(Class<?> type, Map<String, ?> attributes) {
    RecordComponent[] components = type.getRecordComponents();
    Class<?>[] types = new Class<?>[components.length];
    Object[] values = new Object[components.length];
    for (int i = 0; i < components.length; i++) {
      types[i] = components[i].getType();
      Object value = attributes.get(components[i].getName());
      if (value == null) {
        throw new IllegalArgumentException(
            type.getSimpleName() + " needs an attribute " + components[i].getName());
      }
      values[i] = converted(types[i], value);
    }
    try {
      Constructor<?> constructor = type.getDeclaredConstructor(types);
      constructor.setAccessible(true);
      return constructor.newInstance(values);
    } catch (ReflectiveOperationException e) {
      throw new IllegalArgumentException(
          "no %s has the attributes %s".formatted(type.getSimpleName(), attributes), e);
    }
  }

  private static Object converted(Class<?> type, Object value) {
    if (value instanceof Map<?, ?> inner) {
      Map<String, Object> attributes = new LinkedHashMap<>();
      inner.forEach((name, attribute) -> attributes.put(String.valueOf(name), attribute));
      return make(type, attributes);
    }
    if (type.isEnum()) {
      for (Object constant : type.getEnumConstants()) {
        if (((Enum<?>) constant).name().equals(value)) {
          return constant;
        }
      }
    }
    if (value instanceof Number number) {
      if (type == int.class) {
        return number.intValue();
      }
      if (type == long.class) {
        return number.longValue();
      }
      return type == float.class ? (Object) number.floatValue() : (Object) number.doubleValue();
    }
    if (value instanceof Boolean) {
      return value;
    }
    throw new IllegalArgumentException(value + " is no " + type.getSimpleName());
  }
}
