package dev.gatun.verify;

import dev.gatun.core.DType;
import dev.gatun.core.DataException;
import dev.gatun.hub.SafetensorsFile;
import dev.gatun.memory.Region;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.TensorSpec;
import dev.gatun.tensor.Tensors;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The tensors that a fixture expects, and which of them something was compared with. */
final class ExpectedTensors implements AutoCloseable {
  private final SafetensorsFile file;
  private final Set<String> used = new HashSet<>();

  ExpectedTensors(Path path) {
    file = SafetensorsFile.open(path);
  }

  boolean has(String key) {
    return file.find(key).isPresent();
  }

  /** The values of a tensor, which counts as used from now on. */
  double[] values(String key) {
    used.add(key);
    try (Region region = new Region("fixture")) {
      TensorSpec spec = new TensorSpec(file.entry(key).shape(), DType.F32);
      Tensor tensor = Tensors.empty(region, spec);
      file.readF32(key, tensor.segment(), 0);
      return Tensors.toDoubles(tensor);
    }
  }

  /** What is expected and nothing was compared with would be a check that cannot fail. */
  void requireAllUsed() {
    List<String> unused = file.names().stream().filter(key -> !used.contains(key)).toList();
    if (!unused.isEmpty()) {
      throw new DataException(
          "%s: expects what the model does not have: %s; is it the fixture of another model?"
              .formatted(file.path(), unused));
    }
  }

  @Override
  public void close() {
    file.close();
  }
}
