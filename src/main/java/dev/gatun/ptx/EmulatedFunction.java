package dev.gatun.ptx;

import dev.gatun.core.ConfigurationException;
import dev.gatun.cuda.CudaException;
import dev.gatun.cuda.FunctionAttribute;
import dev.gatun.device.Command.Dim3;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** A kernel as the driver hands it out, with what has been set for it. */
final class EmulatedFunction {
  /** Bytes of dynamic shared memory that a launch may ask for unless more has been allowed. */
  static final int DEFAULT_SHARED = 48 << 10;

  private final Kernel kernel;
  private int dynamicShared = DEFAULT_SHARED;

  EmulatedFunction(Kernel kernel) {
    this.kernel = kernel;
  }

  int attribute(FunctionAttribute attribute) {
    Program program = kernel.program();
    return switch (attribute) {
      case MAX_THREADS_PER_BLOCK ->
          program.function().maxThreads() == 0 ? 1024 : (int) program.function().maxThreads();
      case SHARED_SIZE_BYTES -> program.dynamicShared();
      case LOCAL_SIZE_BYTES -> (int) program.localBytes();
      case NUM_REGISTERS -> 0; // only a compiler allocates registers
      case MAX_DYNAMIC_SHARED_SIZE_BYTES -> dynamicShared;
    };
  }

  void set(FunctionAttribute attribute, int value) {
    boolean fits = value >= 0 && value + kernel.sharedBytes() <= LaunchLimits.SHARED;
    if (attribute != FunctionAttribute.MAX_DYNAMIC_SHARED_SIZE_BYTES || !fits) {
      throw new CudaException(
          CudaException.INVALID_VALUE, attribute + " of " + kernel.name() + " = " + value);
    }
    dynamicShared = value;
  }

  /**
   * A launch with a copy of its arguments.
   *
   * @throws CudaException if no device accepts it
   */
  Launch launch(Dim3 grid, Dim3 block, int sharedBytes, List<MemorySegment> arguments) {
    if (sharedBytes > dynamicShared) {
      throw new CudaException(
          CudaException.INVALID_VALUE,
          "%s: %,d bytes of dynamic shared memory, %,d are allowed"
              .formatted(kernel.name(), sharedBytes, dynamicShared));
    }
    byte[] parameters = parameters(arguments);
    Launch launch = new Launch(kernel.program(), grid, block, sharedBytes, parameters);
    try {
      LaunchLimits.check(launch);
    } catch (ConfigurationException e) {
      throw new CudaException(CudaException.INVALID_VALUE, String.valueOf(e.getMessage()), e);
    }
    return launch;
  }

  private byte[] parameters(List<MemorySegment> arguments) {
    List<Kernel.Parameter> parameters = kernel.parameters();
    if (parameters.size() != arguments.size()) {
      throw new CudaException(
          CudaException.INVALID_VALUE,
          "%s takes %d parameters, the launch gives %d"
              .formatted(kernel.name(), parameters.size(), arguments.size()));
    }
    byte[] bytes = new byte[kernel.parameterBytes()];
    for (int i = 0; i < parameters.size(); i++) {
      Kernel.Parameter parameter = parameters.get(i);
      MemorySegment argument = arguments.get(i);
      if (argument.byteSize() != parameter.bytes()) {
        throw new CudaException(
            CudaException.INVALID_VALUE,
            "%s: parameter %s has %d bytes, the launch gives %d"
                .formatted(
                    kernel.name(), parameter.name(), parameter.bytes(), argument.byteSize()));
      }
      MemorySegment.copy(argument, View.BYTE, 0, bytes, parameter.offset(), parameter.bytes());
    }
    return bytes;
  }
}
