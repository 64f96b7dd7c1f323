package dev.gatun.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.core.ConfigurationException;
import dev.gatun.device.Device;
import dev.gatun.device.GemmChoice;
import dev.gatun.hub.Json;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code gatun bench gpu}: kernels beside a copy of memory, our products beside cuBLAS. */
@Command(
    name = "gpu",
    description = "Times kernels beside a copy on the device, and our products beside cuBLAS.",
    mixinStandardHelpOptions = true)
final class BenchGpu implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--device",
      defaultValue = "cuda:0",
      description = "cuda:N or emulator (default ${DEFAULT-VALUE}).")
  private String device;

  @Option(
      names = "--elements",
      defaultValue = "67108864",
      description = "Floats that a kernel reads (default ${DEFAULT-VALUE}).")
  private int elements;

  @Option(
      names = "--size",
      defaultValue = "4096",
      description = "Rows and columns of the factors (default ${DEFAULT-VALUE}).")
  private int size;

  @Option(
      names = "--repeats",
      defaultValue = "20",
      description = "Launches timed together (default ${DEFAULT-VALUE}).")
  private int repeats;

  @Mixin private final JsonOption json = new JsonOption();

  private List<GpuBench.Moved> moved = List.of();
  private final List<GpuBench.Multiplied> multiplied = new ArrayList<>();
  private String library = "";

  @Override
  public Integer call() {
    Device parsed = Device.parse(device);
    try (Devices own = Devices.open(parsed, GemmChoice.OWN, false)) {
      GpuBench bench = new GpuBench(own.gpu(), repeats);
      moved = bench.moved(elements);
      multiplied.addAll(bench.multiplied(size));
    }
    try (Devices cublas = Devices.open(parsed, GemmChoice.CUBLAS, false)) {
      library = cublas.gpu().products();
      multiplied.addAll(new GpuBench(cublas.gpu(), repeats).multiplied(size));
    } catch (ConfigurationException e) {
      library = "not measured: " + e.getMessage();
    }
    PrintWriter out = spec.commandLine().getOut();
    if (json.isChosen()) {
      out.println(Json.format(toJson()));
    } else {
      print(out);
    }
    return ExitCode.OK.code();
  }

  private void print(PrintWriter out) {
    out.println("kernel            GB/s   of a copy");
    for (GpuBench.Moved row : moved) {
      out.println(
          String.format(
              Locale.ROOT,
              "%-14s %8.1f   %6.1f %%",
              row.kernel(),
              row.gigabytesPerSecond(),
              100 * row.ofCopy()));
    }
    out.printf(Locale.ROOT, "%nproduct of %,d x %,d   TFLOP/s   of the peak   by%n", size, size);
    for (GpuBench.Multiplied row : multiplied) {
      out.println(
          String.format(
              Locale.ROOT,
              "%-3s %-18s %8.3f      %6.1f %%   %s",
              row.layout(),
              row.type(),
              row.teraflops(),
              100 * row.ofPeak(),
              row.who()));
    }
    out.println("cuBLAS: " + library);
  }

  private ObjectNode toJson() {
    ObjectNode object = Json.object();
    object.put("device", device);
    object.put("cublas", library);
    ArrayNode kernels = object.putArray("kernels");
    for (GpuBench.Moved row : moved) {
      ObjectNode entry = kernels.addObject();
      entry.put("kernel", row.kernel());
      entry.put("gb_per_s", row.gigabytesPerSecond());
      entry.put("of_copy", row.ofCopy());
    }
    ArrayNode products = object.putArray("products");
    for (GpuBench.Multiplied row : multiplied) {
      ObjectNode entry = products.addObject();
      entry.put("layout", row.layout());
      entry.put("type", row.type());
      entry.put("size", size);
      entry.put("by", row.who());
      entry.put("tflops", row.teraflops());
      entry.put("of_peak", row.ofPeak());
    }
    return object;
  }
}
