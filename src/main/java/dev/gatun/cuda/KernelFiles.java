package dev.gatun.cuda;

import dev.gatun.core.ConfigurationException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The PTX files of the kernels, and which of them has which entry: what {@code kernels/build.sh}
 * makes.
 */
public final class KernelFiles {
  private static final String INDEX = "entries";

  /** Of files beside the index: no separator, so that none leads out of the folder. */
  private static final Pattern NAME = Pattern.compile("\\w+(\\.\\w+)*");

  /** Between the name of a file and the entry that is taken from another text. */
  private static final String WITH = " with ";

  private final String origin;
  private final Function<String, String> reader;
  private final Function<String, Optional<String>> sources;
  private final SortedMap<String, String> fileOf;

  private KernelFiles(
      String origin,
      Function<String, String> reader,
      Function<String, Optional<String>> sources,
      SortedMap<String, String> fileOf) {
    this.origin = origin;
    this.reader = reader;
    this.sources = sources;
    this.fileOf = fileOf;
  }

  private static KernelFiles indexed(
      String origin, Function<String, String> reader, Function<String, Optional<String>> sources) {
    SortedMap<String, String> fileOf = new TreeMap<>();
    for (String line : reader.apply(INDEX).lines().toList()) {
      List<String> words = List.of(line.split(" ", -1));
      if (words.size() != 2 || !NAME.matcher(words.getLast()).matches()) {
        throw new ConfigurationException(
            "%s/%s: '%s' is not an entry and a file: run kernels/build.sh"
                .formatted(origin, INDEX, line));
      }
      fileOf.put(words.getFirst(), words.getLast());
    }
    return new KernelFiles(origin, reader, sources, fileOf);
  }

  /** The kernels that are packed with the program. */
  public static KernelFiles packed() {
    return indexed(
        "kernels/ptx",
        name -> resource("ptx/" + name),
        name -> isPacked(name) ? Optional.of(resource(name)) : Optional.empty());
  }

  /** The kernels in a folder. */
  public static KernelFiles in(Path folder) {
    return indexed(
        folder.toString(),
        name -> file(folder.resolve(name)),
        name -> {
          Path source = folder.resolveSibling(name);
          return Files.exists(source) ? Optional.of(file(source)) : Optional.empty();
        });
  }

  /**
   * The same with entries taken from texts of their own.
   *
   * @param texts by the entry
   */
  public KernelFiles with(Map<String, String> texts) {
    SortedMap<String, String> changed = new TreeMap<>(fileOf);
    Map<String, String> own = new HashMap<>();
    texts.forEach(
        (entry, text) -> {
          String file = fileOf(entry).split(WITH, 2)[0] + WITH + entry;
          changed.put(entry, file);
          own.put(file, text);
        });
    return new KernelFiles(
        origin,
        name -> {
          String text = own.get(name);
          return text == null ? reader.apply(name) : text;
        },
        sources,
        changed);
  }

  /** All entries in order, each with the name of its file. */
  public SortedMap<String, String> entries() {
    return Collections.unmodifiableSortedMap(fileOf);
  }

  /** The file that has an entry. */
  public String fileOf(String entry) {
    String file = fileOf.get(entry);
    if (file == null) {
      throw new ConfigurationException(
          ("%s has no kernel %s: these kernels belong to another version of the program;"
                  + " run kernels/build.sh")
              .formatted(origin, entry));
    }
    return file;
  }

  /** The text of a file. */
  public String text(String file) {
    return reader.apply(file);
  }

  /** The CUDA source beside the PTX; empty where there is none. */
  public Optional<String> source(String name) {
    return sources.apply(name);
  }

  /** All files with their texts. */
  public Map<String, String> texts() {
    return fileOf.values().stream()
        .distinct()
        .collect(Collectors.toMap(file -> file, this::text, (a, b) -> a, TreeMap::new));
  }

  private static boolean isPacked(String name) {
    return KernelFiles.class.getResource("/kernels/" + name) != null;
  }

  private static String resource(String name) {
    String path = "/kernels/" + name;
    try (InputStream stream = KernelFiles.class.getResourceAsStream(path)) {
      if (stream == null) {
        throw new ConfigurationException("the program lacks " + path + ": it was not built whole");
      }
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new ConfigurationException(path + " cannot be read: " + e.getMessage(), e);
    }
  }

  private static String file(Path path) {
    try {
      return Files.readString(path);
    } catch (IOException e) {
      throw new ConfigurationException(
          path + " cannot be read: " + e.getMessage() + "; kernels/build.sh makes it", e);
    }
  }
}
