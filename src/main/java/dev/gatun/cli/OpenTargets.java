package dev.gatun.cli;

import dev.gatun.core.ConfigurationException;
import dev.gatun.cuda.KernelFiles;
import dev.gatun.device.Device;
import dev.gatun.verify.Target;
import java.util.ArrayList;
import java.util.List;

/** What {@code verify} compares with the reference beside the CPU, open as long as it runs. */
final class OpenTargets implements AutoCloseable {
  private final List<Target.Pair> devices = new ArrayList<>();
  private String description = "the CPU alone";

  private OpenTargets() {}

  /**
   * The columns of a device: on a GPU its own kernels and, where it can be used, cuBLAS.
   *
   * @param order seeds the order of warps in second runs on the emulator
   */
  static OpenTargets of(Device device, KernelFiles kernels, long order) {
    OpenTargets targets = new OpenTargets();
    switch (device) {
      case Device.Cpu _ -> {}
      case Device.Emulator _ -> {
        targets.add(Target.emulator(kernels, 0), Target.emulator(kernels, order));
        targets.description = "the CPU and the emulated GPU";
      }
      case Device.Cuda(int ordinal) -> {
        Target own = Target.cuda(kernels, ordinal);
        targets.add(own, own);
        targets.description =
            "the CPU, %s with our own kernels, %s"
                .formatted(device, cublas(targets, kernels, ordinal));
      }
    }
    return targets;
  }

  private static String cublas(OpenTargets targets, KernelFiles kernels, int ordinal) {
    try {
      Target library = Target.cublas(kernels, ordinal);
      targets.add(library, library);
      return "with cuBLAS";
    } catch (ConfigurationException e) {
      return "no cuBLAS: " + e.getMessage();
    }
  }

  private void add(Target first, Target again) {
    devices.add(new Target.Pair(first, again));
  }

  List<Target.Pair> devices() {
    return devices;
  }

  /** In words. */
  String description() {
    return description;
  }

  @Override
  public void close() {
    for (Target.Pair pair : devices) {
      pair.first().close();
      if (pair.again() != pair.first()) {
        pair.again().close();
      }
    }
  }
}
