package dev.gatun.cuda;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Makes the calls of a driver and remembers their names, in order. */
public final class DriverCalls {
  /** Calls that return when the device has done all work, or may have to. */
  private static final Set<String> WAITING =
      Set.of(
          "synchronizeContext",
          "synchronizeStream",
          "synchronizeEvent",
          "copyToDevice",
          "copyToHost",
          "copyOnDevice",
          "free",
          "freeHost",
          "unloadModule");

  private final CudaDriver driver;
  private final List<String> calls = new ArrayList<>();

  /**
   * @param driver that is called
   */
  public DriverCalls(CudaDriver driver) {
    this.driver =
        (CudaDriver)
            Proxy.newProxyInstance(
                CudaDriver.class.getClassLoader(),
                new Class<?>[] {CudaDriver.class},
                (_, method, arguments) -> call(driver, method, arguments));
  }

  /** A driver that answers one of its calls with an error and makes all others. */
  public static CudaDriver refusing(CudaDriver driver, String call, int code) {
    return (CudaDriver)
        Proxy.newProxyInstance(
            CudaDriver.class.getClassLoader(),
            new Class<?>[] {CudaDriver.class},
            (_, method, arguments) -> {
              if (method.getName().equals(call)) {
                throw new CudaException(code, call + " is refused");
              }
              return invoke(driver, method, arguments);
            });
  }

  private Object call(CudaDriver target, Method method, Object[] arguments) throws Throwable {
    calls.add(method.getName());
    return invoke(target, method, arguments);
  }

  private static Object invoke(CudaDriver target, Method method, Object[] arguments)
      throws Throwable {
    try {
      return method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  /** The driver whose calls are noted. */
  public CudaDriver driver() {
    return driver;
  }

  /** The names of all calls since the last {@link #forget}. */
  public List<String> names() {
    return List.copyOf(calls);
  }

  /** Those of them that wait for the device. */
  public List<String> waits() {
    return calls.stream().filter(WAITING::contains).toList();
  }

  /** Begins anew. */
  public void forget() {
    calls.clear();
  }
}
