package dev.gatun.verify;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.cuda.KernelFiles;
import dev.gatun.hub.AtomicFile;
import dev.gatun.hub.Json;
import dev.gatun.op.Attributes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Cases of single operations with all that they depend on, to be written to a file and run again
 * anywhere: attributes, inputs, what is expected within which tolerance, and the kernels.
 *
 * <p>The file is a zip of {@code capsule.json}, of {@code N/input.M.f64}, {@code N/before.M.f64}
 * and {@code N/expected.M.f64}, which are doubles in little-endian order, and of {@code kernels/}
 * as {@link KernelFiles} reads them.
 */
public final class Capsule {
  static final String INDEX = "capsule.json";
  static final String KERNELS = "kernels/";
  static final int VERSION = 1;

  /** A file in which nobody needs more. */
  private static final int MOST = 500;

  private final boolean passing;
  private final List<Trial> entries = new ArrayList<>();

  /**
   * @param passing whether cases that pass are kept, too
   */
  public Capsule(boolean passing) {
    this.passing = passing;
  }

  /** Keeps a case if it is wanted. */
  void add(Trial trial, List<Check> checks) {
    boolean wanted = passing || checks.stream().anyMatch(check -> !check.passes());
    if (wanted && entries.size() < MOST) {
      entries.add(trial);
    }
  }

  /** The number of cases kept. */
  public int size() {
    return entries.size();
  }

  /** Writes what has been kept. */
  public void write(Path file, Map<String, String> environment, KernelFiles kernels) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes, StandardCharsets.UTF_8)) {
      put(zip, INDEX, Json.format(index(environment)).getBytes(StandardCharsets.UTF_8));
      for (int i = 0; i < entries.size(); i++) {
        values(zip, i, entries.get(i));
      }
      put(zip, KERNELS + "entries", listing(kernels).getBytes(StandardCharsets.UTF_8));
      for (Map.Entry<String, String> ptx : kernels.texts().entrySet()) {
        put(zip, KERNELS + ptx.getKey(), ptx.getValue().getBytes(StandardCharsets.UTF_8));
      }
    } catch (IOException e) {
      throw new AssertionError("an array in memory takes every byte", e);
    }
    AtomicFile.write(file, stream -> stream.write(bytes.toByteArray()));
  }

  private static String listing(KernelFiles kernels) {
    StringBuilder listing = new StringBuilder();
    kernels.entries().forEach((entry, file) -> listing.append(entry + " " + file + "\n"));
    return listing.toString();
  }

  private ObjectNode index(Map<String, String> environment) {
    ObjectNode root = Json.object().put("version", VERSION);
    ObjectNode facts = root.putObject("environment");
    environment.forEach(facts::put);
    ArrayNode cases = root.putArray("cases");
    for (Trial entry : entries) {
      ObjectNode node = cases.addObject();
      node.put("level", entry.level().name());
      node.put("variant", entry.variant().name());
      node.put("what", entry.what());
      node.put("operation", entry.sample().op().name());
      node.put("reduction", entry.sample().reduction());
      attributes(node.putObject("attributes"), Attributes.of(entry.sample().op()));
      specs(node.putArray("inputs"), entry.sample().inputs());
      specs(node.putArray("outputs"), entry.sample().outputs());
      ArrayNode tolerances = node.putArray("tolerances");
      for (double tolerance : entry.tolerances()) {
        tolerances.add(tolerance);
      }
    }
    return root;
  }

  private static void attributes(ObjectNode node, Map<?, ?> attributes) {
    attributes.forEach(
        (key, value) -> {
          String name = String.valueOf(key);
          switch (value) {
            case Map<?, ?> inner -> attributes(node.putObject(name), inner);
            case Integer number -> node.put(name, number);
            case Long number -> node.put(name, number);
            case Number number -> node.put(name, number.doubleValue());
            case Boolean flag -> node.put(name, flag);
            default -> node.put(name, String.valueOf(value));
          }
        });
  }

  private static void specs(ArrayNode list, List<Case.Array> arrays) {
    for (Case.Array array : arrays) {
      ObjectNode node = list.addObject().put("dtype", array.spec().dtype().name());
      ArrayNode shape = node.putArray("shape");
      for (int size : array.spec().shape().toArray()) {
        shape.add(size);
      }
    }
  }

  private static void values(ZipOutputStream zip, int number, Trial entry) throws IOException {
    for (int i = 0; i < entry.sample().inputs().size(); i++) {
      put(zip, name(number, "input", i), bytes(entry.sample().inputs().get(i).values()));
    }
    for (int i = 0; i < entry.sample().outputs().size(); i++) {
      put(zip, name(number, "before", i), bytes(entry.sample().outputs().get(i).values()));
      put(zip, name(number, "expected", i), bytes(entry.expected().get(i)));
    }
  }

  static String name(int number, String what, int index) {
    return number + "/" + what + "." + index + ".f64";
  }

  private static byte[] bytes(double[] values) {
    ByteBuffer bytes = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asDoubleBuffer().put(values);
    return bytes.array();
  }

  private static void put(ZipOutputStream zip, String name, byte[] contents) throws IOException {
    ZipEntry entry = new ZipEntry(name);
    entry.setTime(0); // the same cases make the same file
    zip.putNextEntry(entry);
    zip.write(contents);
    zip.closeEntry();
  }
}
