package dev.gatun.verify;

import dev.gatun.core.DeviceException;
import dev.gatun.core.NotFiniteException;
import dev.gatun.cuda.Blas;
import dev.gatun.cuda.CudaException;
import dev.gatun.cuda.CudaMemory;
import dev.gatun.cuda.JCudaDriver;
import dev.gatun.cuda.KernelFiles;
import dev.gatun.cuda.OwnProducts;
import dev.gatun.cuda.Products;
import dev.gatun.device.Device;
import dev.gatun.device.GemmChoice;
import dev.gatun.memory.HostStorage;
import dev.gatun.memory.Storage;
import dev.gatun.op.Execution;
import dev.gatun.op.Op;
import dev.gatun.ptx.EmulatedDriver;
import dev.gatun.ptx.Finding;
import dev.gatun.ptx.KernelFault;
import dev.gatun.ptx.Options;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What is verified: the CPU in F32, or a device with its kernels. A device that a kernel has
 * crashed is opened again for the next case.
 */
public final class Target implements AutoCloseable {
  private static final int EMULATED_CAPABILITY = 80;
  private static final long EMULATED_BYTES = 2L << 30;

  /** An open device, and its emulator if it has one. */
  private record Opened(CudaMemory memory, @Nullable EmulatedDriver emulator) {
    void close() {
      if (emulator == null) {
        memory.close();
      } else {
        emulator.close(); // whatever state a kernel has left it in
      }
    }
  }

  /**
   * What one run of a case gave.
   *
   * @param outputs the elements of each output; none if a kernel failed
   * @param findings what was wrong beside the numbers
   */
  record Outcome(List<double[]> outputs, List<String> findings) {}

  /**
   * What came of a computation.
   *
   * @param result nothing if a kernel failed, or a step had no finite result
   * @param findings what was wrong beside the numbers
   */
  record Attempt<T>(Optional<T> result, List<String> findings) {}

  /**
   * A device.
   *
   * @param again the same for second runs, such as an emulator with another order of warps
   */
  public record Pair(Target first, Target again) {}

  private final String name;
  private final @Nullable Supplier<Opened> opening;
  private @Nullable Opened opened;

  private Target(String name, @Nullable Supplier<Opened> opening) {
    this.name = name;
    this.opening = opening;
  }

  /** The CPU in F32. */
  public static Target cpu() {
    return new Target("cpu", null);
  }

  /**
   * The emulated GPU with all its checks.
   *
   * @param order seeds the order of warps and atomics; with 0 they go in their natural order
   */
  public static Target emulator(KernelFiles kernels, long order) {
    return emulator(kernels, new Options(true, order, Options.standard().threads()));
  }

  /** The emulated GPU. */
  static Target emulator(KernelFiles kernels, Options options) {
    return new Target(
        "emulator",
        () -> {
          EmulatedDriver driver = new EmulatedDriver(options, EMULATED_CAPABILITY, EMULATED_BYTES);
          return new Opened(
              CudaMemory.open(driver, new Device.Emulator(), 0, kernels, new OwnProducts(), true),
              driver);
        });
  }

  /** A GPU with our own kernels for all. */
  public static Target cuda(KernelFiles kernels, int ordinal) {
    Device device = new Device.Cuda(ordinal);
    return new Target(
        device.toString(),
        () ->
            new Opened(
                CudaMemory.open(
                    JCudaDriver.load(), device, ordinal, kernels, new OwnProducts(), true),
                null));
  }

  /**
   * A GPU whose matrix products are those of cuBLAS.
   *
   * @throws dev.gatun.core.ConfigurationException if that cannot be used
   */
  public static Target cublas(KernelFiles kernels, int ordinal) {
    Device device = new Device.Cuda(ordinal);
    Target target =
        new Target(
            device + " cublas",
            () -> {
              JCudaDriver driver = JCudaDriver.load();
              Supplier<Products> products = () -> Blas.choose(GemmChoice.CUBLAS, driver);
              return new Opened(
                  CudaMemory.open(driver, device, ordinal, kernels, products, true), null);
            });
    target.device(); // so that a library that is missing is known at once
    return target;
  }

  /** The name of its column. */
  public String name() {
    return name;
  }

  /** Whether it is the host, which runs no kernel. */
  boolean isCpu() {
    return opening == null;
  }

  /** Where its tensors are. */
  Storage storage() {
    return isCpu() ? HostStorage.HOST : device().memory();
  }

  /** Whether it has the units that a way to compute needs. */
  boolean has(Variant variant) {
    return !variant.rounds() || isCpu() || device().memory().multipliesBf16();
  }

  private Opened device() {
    if (opened == null && opening != null) {
      opened = opening.get();
    }
    if (opened == null) {
      throw new IllegalStateException("the cpu is no device");
    }
    return opened;
  }

  /** Opens the device again when it is needed next. */
  void reopen() {
    if (opened != null) {
      opened.close();
      opened = null;
    }
  }

  /** What kernels have done wrong without being stopped, since the last call. */
  List<String> findings() {
    EmulatedDriver emulator = opened == null ? null : opened.emulator();
    if (emulator == null) {
      return List.of();
    }
    List<String> findings = emulator.findings().stream().map(Finding::toString).toList();
    emulator.clearFindings();
    return findings;
  }

  /**
   * Runs an operation on tensors between guards.
   *
   * @param variant how a device computes it
   * @param prepared whether outputs that are only written hold NaN before; otherwise they are
   *     uninitialised, so that the emulator finds reads of them
   */
  Outcome run(Case sample, Variant variant, boolean prepared) {
    Op op = sample.op();
    boolean watched = !isCpu() && device().emulator() != null;
    try (Guarded memory = new Guarded(storage(), watched)) {
      List<Tensor> in = sample.inputs().stream().map(memory::of).toList();
      List<Tensor> out = new ArrayList<>();
      for (Case.Array array : sample.outputs()) {
        out.add(prepared || op.updates() ? memory.of(array) : memory.empty(array.spec()));
      }
      if (isCpu()) {
        Execution.cpu(op, in, out);
      } else {
        variant.run(op, in, out, device().memory());
      }
      List<double[]> outputs = out.stream().map(Tensors::toDoubles).toList();
      List<String> findings = new ArrayList<>(memory.damage());
      findings.addAll(findings());
      return new Outcome(outputs, findings);
    } catch (CudaException | DeviceException | KernelFault e) {
      reopen();
      return new Outcome(List.of(), List.of(String.valueOf(e.getMessage())));
    }
  }

  /** Computes something with tensors on this target. */
  <T> Attempt<T> attempt(Function<Storage, T> body) {
    try {
      T result = body.apply(storage());
      return new Attempt<>(Optional.of(result), findings());
    } catch (NotFiniteException e) {
      return new Attempt<>(Optional.empty(), List.of(String.valueOf(e.getMessage())));
    } catch (CudaException | DeviceException | KernelFault e) {
      reopen();
      return new Attempt<>(Optional.empty(), List.of(String.valueOf(e.getMessage())));
    }
  }

  @Override
  public void close() {
    reopen();
  }
}
