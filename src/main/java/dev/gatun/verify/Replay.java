package dev.gatun.verify;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.core.DType;
import dev.gatun.core.DataException;
import dev.gatun.core.Shape;
import dev.gatun.cuda.KernelFiles;
import dev.gatun.hub.Json;
import dev.gatun.op.Attributes;
import dev.gatun.op.Op;
import dev.gatun.op.Registry;
import dev.gatun.tensor.TensorSpec;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** The cases of a {@link Capsule}, read from its file and run again. */
public final class Replay {
  private static final long MOST_BYTES = 1L << 30;

  private final Path file;
  private final Map<String, byte[]> contents = new LinkedHashMap<>();
  private final List<Trial> entries = new ArrayList<>();

  /**
   * Reads a file.
   *
   * @throws DataException if it is no capsule
   */
  public Replay(Path file) {
    this.file = file;
    read();
    ObjectNode index = Json.parseObject(file + ":" + Capsule.INDEX, bytes(Capsule.INDEX));
    if (index.path("version").asInt() != Capsule.VERSION) {
      throw new DataException(
          "%s: is a capsule of version %s, this program reads %d"
              .formatted(file, index.path("version"), Capsule.VERSION));
    }
    for (JsonNode node : index.path("cases")) {
      try {
        entries.add(entry(node, entries.size()));
      } catch (IllegalArgumentException e) {
        throw new DataException(
            "%s: case %d cannot be made: %s".formatted(file, entries.size(), e.getMessage()), e);
      }
    }
  }

  /**
   * The kernels in the file, unpacked.
   *
   * @param folder where to; it must stay as long as they are used
   */
  public KernelFiles kernels(Path folder) {
    for (Map.Entry<String, byte[]> entry : contents.entrySet()) {
      if (entry.getKey().startsWith(Capsule.KERNELS)) {
        String name = entry.getKey().substring(Capsule.KERNELS.length());
        if (!name.matches("[A-Za-z0-9_]+(\\.[A-Za-z0-9_]+)*")) {
          throw new DataException(file + ": a kernel has the file name '" + name + "'");
        }
        try {
          Files.write(folder.resolve(name), entry.getValue());
        } catch (IOException e) {
          throw new DataException(folder + ": cannot be written to: " + e.getMessage(), e);
        }
      }
    }
    return KernelFiles.in(folder);
  }

  /** Runs the cases; the expected results are those in the file. */
  public List<Check> run(List<Target.Pair> devices) {
    Columns columns = new Columns(devices, new Capsule(false));
    List<Check> checks = new ArrayList<>();
    for (Trial entry : entries) {
      checks.addAll(columns.compare(entry));
    }
    return checks;
  }

  private void read() {
    long left = MOST_BYTES;
    try (ZipFile zip = new ZipFile(file.toFile())) {
      for (ZipEntry entry : Collections.list(zip.entries())) {
        try (InputStream stream = zip.getInputStream(entry)) {
          byte[] bytes = stream.readNBytes((int) Math.min(left + 1, Integer.MAX_VALUE - 8));
          left -= bytes.length;
          if (left < 0) {
            throw new DataException(file + ": unpacks to more than 1 GiB, which no capsule does");
          }
          contents.put(entry.getName(), bytes);
        }
      }
    } catch (IOException e) {
      throw new DataException(
          file + ": cannot be read as a capsule: " + e.getMessage() + "; --capsule writes them", e);
    }
  }

  private byte[] bytes(String name) {
    byte[] bytes = contents.get(name);
    if (bytes == null) {
      throw new DataException(file + ": is no capsule, it has no " + name);
    }
    return bytes;
  }

  private Trial entry(JsonNode node, int number) {
    Op op = operation(node);
    List<Case.Array> inputs = arrays(node.path("inputs"), number, "input");
    List<Case.Array> outputs = arrays(node.path("outputs"), number, "before");
    List<double[]> expected = new ArrayList<>();
    double[] tolerances = new double[outputs.size()];
    for (int i = 0; i < tolerances.length; i++) {
      TensorSpec spec = outputs.get(i).spec();
      expected.add(values(Capsule.name(number, "expected", i), spec));
      tolerances[i] = node.path("tolerances").path(i).asDouble();
    }
    List<TensorSpec> made = op.infer(inputs.stream().map(Case.Array::spec).toList());
    if (!made.equals(outputs.stream().map(Case.Array::spec).toList())) {
      throw new IllegalArgumentException("its outputs are " + made);
    }
    Case sample = new Case(op, inputs, outputs, node.path("reduction").asInt());
    Level level = Level.valueOf(node.path("level").asText());
    Variant variant = Variant.valueOf(node.path("variant").asText(Variant.USUAL.name()));
    return new Trial(level, sample, variant, node.path("what").asText(), expected, tolerances);
  }

  private static Op operation(JsonNode node) {
    String name = node.path("operation").asText();
    for (Class<? extends Op> type : Registry.operations()) {
      if (Registry.name(type).equals(name)) {
        return Attributes.create(type, attributes(node.path("attributes")));
      }
    }
    throw new IllegalArgumentException("there is no operation " + name);
  }

  private static Map<String, Object> attributes(JsonNode node) {
    Map<String, Object> attributes = new LinkedHashMap<>();
    node.properties()
        .forEach(
            field -> {
              JsonNode value = field.getValue();
              Object plain =
                  switch (value.getNodeType()) {
                    case OBJECT -> attributes(value);
                    case NUMBER -> value.numberValue();
                    case BOOLEAN -> value.booleanValue();
                    default -> value.asText();
                  };
              attributes.put(field.getKey(), plain);
            });
    return attributes;
  }

  private List<Case.Array> arrays(JsonNode list, int number, String what) {
    List<Case.Array> arrays = new ArrayList<>();
    for (JsonNode node : list) {
      int[] sizes = new int[node.path("shape").size()];
      for (int i = 0; i < sizes.length; i++) {
        sizes[i] = node.path("shape").path(i).asInt();
      }
      DType dtype = DType.valueOf(node.path("dtype").asText());
      TensorSpec spec = new TensorSpec(Shape.of(sizes), dtype);
      arrays.add(new Case.Array(spec, values(Capsule.name(number, what, arrays.size()), spec)));
    }
    return arrays;
  }

  private double[] values(String name, TensorSpec spec) {
    byte[] bytes = bytes(name);
    if (bytes.length != 8 * spec.shape().elements()) {
      throw new DataException(
          "%s: %s has %,d bytes, %s takes %,d"
              .formatted(file, name, bytes.length, spec, 8 * spec.shape().elements()));
    }
    double[] values = new double[bytes.length / 8];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asDoubleBuffer().get(values);
    return values;
  }
}
