package dev.gatun.cuda;

import dev.gatun.core.ConfigurationException;
import dev.gatun.device.Command.Launch;
import java.util.HashMap;
import java.util.Map;

/** The kernels on one device: a file is compiled when the first of its entries is launched. */
final class KernelLibrary implements AutoCloseable {
  private final CudaDriver driver;
  private final KernelFiles files;
  private final Map<String, Long> modules = new HashMap<>();
  private final Map<String, Long> functions = new HashMap<>();

  KernelLibrary(CudaDriver driver, KernelFiles files) {
    this.driver = driver;
    this.files = files;
  }

  /** The function that a launch names, whose parameters its arguments fit. */
  long function(Launch launch) {
    Long known = functions.get(launch.kernel());
    if (known != null) {
      return known;
    }
    String file = files.fileOf(launch.kernel());
    String ptx = files.text(file);
    Signature.of(ptx, launch.kernel(), file).require(launch.kernel(), launch.arguments());
    long module = modules.computeIfAbsent(file, name -> load(ptx, name));
    long function = driver.function(module, launch.kernel());
    functions.put(launch.kernel(), function);
    return function;
  }

  private long load(String ptx, String file) {
    try {
      return driver.loadModule(ptx, file);
    } catch (CudaException e) {
      if (e.code() == CudaException.UNSUPPORTED_PTX_VERSION) {
        throw new ConfigurationException(
            "the driver is too old for " + file + ": CUDA 11.0, driver 450 or newer, is needed", e);
      }
      if (e.code() == CudaException.INVALID_PTX) {
        throw new ConfigurationException(
            "%s does not compile: %s; run kernels/build.sh".formatted(file, e.getMessage()), e);
      }
      throw e;
    }
  }

  @Override
  public void close() {
    modules.values().forEach(driver::unloadModule);
    modules.clear();
    functions.clear();
  }
}
