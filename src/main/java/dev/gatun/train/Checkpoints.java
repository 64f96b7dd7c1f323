package dev.gatun.train;

import dev.gatun.core.DataException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The {@code checkpoint-N} folders of a run.
 *
 * <p>A checkpoint appears whole or not at all. It is written to a folder with another name, its
 * files are flushed to the disk, their digests are noted in {@value #SUMS} (the format of {@code
 * sha256sum}), and only then is the folder renamed. A run that is killed leaves folders that load
 * and temporary ones that nobody reads and the next run removes.
 */
public final class Checkpoints {
  public static final String SUMS = "SHA256SUMS";

  private static final Pattern NAME = Pattern.compile("checkpoint-(\\d{1,9})");

  /** A line of {@value #SUMS}: a digest, and a file of the folder itself. */
  private static final Pattern SUM = Pattern.compile("([0-9a-f]{64})  ([\\w-]+(?:\\.[\\w-]+)*)");

  private static final String TEMPORARY = "saving-";
  private static final String REPLACED = TEMPORARY + "old-";

  private final Path outputDir;
  private final OptionalInt limit;

  /** Writes the files of a checkpoint into a folder. */
  @FunctionalInterface
  public interface Contents {
    void write(Path folder) throws IOException;
  }

  /**
   * @param limit how many checkpoints to keep
   */
  public Checkpoints(Path outputDir, OptionalInt limit) {
    this.outputDir = outputDir;
    this.limit = limit;
  }

  /** The name of the checkpoint after a step. */
  public Path folder(int step) {
    return outputDir.resolve("checkpoint-" + step);
  }

  /** Writes a checkpoint, replacing one of the same step. */
  public Path save(int step, Contents contents) {
    Path target = folder(step);
    Path temporary = outputDir.resolve(TEMPORARY + target.getFileName());
    try {
      Files.createDirectories(outputDir);
      deleteTree(temporary);
      Files.createDirectory(temporary);
      contents.write(temporary);
      writeSums(temporary);
      replace(temporary, target);
      return target;
    } catch (IOException e) {
      throw abandoned(
          temporary,
          new DataException(
              target
                  + ": the checkpoint cannot be written: "
                  + e
                  + "; earlier checkpoints are unchanged",
              e));
    } catch (DataException e) {
      throw abandoned(temporary, e);
    }
  }

  /**
   * Deletes the oldest checkpoints beyond the limit, never the best one and never the newest.
   *
   * @param best the path of the best checkpoint so far
   */
  public void rotate(@Nullable String best) {
    if (limit.isEmpty()) {
      return;
    }
    List<Path> oldestFirst = new ArrayList<>(all());
    int keep = Math.max(1, limit.getAsInt());
    Path bestPath = best == null ? null : Path.of(best);
    if (bestPath != null && oldestFirst.remove(bestPath)) {
      boolean bestIsNewest = oldestFirst.stream().allMatch(other -> step(other) < step(bestPath));
      // With a limit of one, the newest is kept beside the best: a run must be able to resume.
      keep = keep == 1 && !bestIsNewest ? 1 : keep - 1;
    }
    for (int i = 0; i < oldestFirst.size() - keep; i++) {
      delete(oldestFirst.get(i));
    }
  }

  /** Deletes all checkpoints but one. */
  public void keepOnly(String checkpoint) {
    for (Path other : all()) {
      if (!other.equals(Path.of(checkpoint))) {
        delete(other);
      }
    }
  }

  /** All whole checkpoints, oldest first. */
  public List<Path> all() {
    if (!Files.isDirectory(outputDir)) {
      return List.of();
    }
    try (Stream<Path> folders = Files.list(outputDir)) {
      return folders
          .filter(path -> NAME.matcher(path.getFileName().toString()).matches())
          .filter(path -> Files.isRegularFile(path.resolve(TrainerState.FILE)))
          .sorted(Comparator.comparingInt(Checkpoints::step))
          .toList();
    } catch (IOException e) {
      throw new DataException(outputDir + ": cannot be listed: " + e.getMessage(), e);
    }
  }

  /** The newest whole checkpoint. */
  Optional<Path> newest() {
    List<Path> all = all();
    return all.isEmpty() ? Optional.empty() : Optional.of(all.getLast());
  }

  /**
   * Removes what a killed run left half written, and puts back a checkpoint that it was replacing.
   */
  void removeUnfinished() {
    if (!Files.isDirectory(outputDir)) {
      return;
    }
    try (Stream<Path> folders = Files.list(outputDir)) {
      for (Path folder : folders.toList()) {
        String name = folder.getFileName().toString();
        Path replaced = outputDir.resolve(name.replaceFirst("^" + REPLACED, ""));
        if (name.startsWith(REPLACED) && !Files.exists(replaced)) {
          Files.move(folder, replaced, StandardCopyOption.ATOMIC_MOVE);
        } else if (name.startsWith(TEMPORARY)) {
          deleteTree(folder);
        }
      }
    } catch (IOException e) {
      throw new DataException(outputDir + ": cannot be cleaned: " + e.getMessage(), e);
    }
  }

  /**
   * Checks the files of a checkpoint against their digests.
   *
   * @throws DataException naming the first file that was changed or lost
   */
  static void verify(Path checkpoint) {
    Path sums = checkpoint.resolve(SUMS);
    try (Stream<Path> files = Files.list(checkpoint)) {
      Set<Path> unlisted = new HashSet<>(files.filter(Checkpoints::isRead).toList());
      for (String line : Files.readAllLines(sums)) {
        Matcher matcher = SUM.matcher(line);
        if (!matcher.matches()) {
          throw new DataException(sums + ": the line '" + line + "' is not '<digest>  <file>'");
        }
        Path file = checkpoint.resolve(matcher.group(2));
        if (!sum(file).equals(matcher.group(1))) {
          throw new DataException(
              file
                  + ": its digest differs from the one in "
                  + SUMS
                  + "; resume from another checkpoint");
        }
        unlisted.remove(file);
      }
      if (!unlisted.isEmpty()) {
        throw new DataException(
            "%s: has no digest of %s; resume from another checkpoint"
                .formatted(sums, unlisted.stream().sorted().findFirst().orElseThrow()));
      }
    } catch (IOException e) {
      throw new DataException(checkpoint + ": cannot be verified: " + e, e);
    }
  }

  /** Whether a file is one that a run reads; others may lie there. */
  private static boolean isRead(Path file) {
    String name = file.getFileName().toString();
    return name.endsWith(".safetensors") || name.endsWith(".json");
  }

  void delete(Path checkpoint) {
    try {
      // Without its state the folder no longer counts, should the deletion be cut short.
      Files.deleteIfExists(checkpoint.resolve(TrainerState.FILE));
      deleteTree(checkpoint);
    } catch (IOException e) {
      throw new DataException(checkpoint + ": cannot be deleted: " + e.getMessage(), e);
    }
  }

  private static int step(Path checkpoint) {
    Matcher matcher = NAME.matcher(checkpoint.getFileName().toString());
    return matcher.matches() ? Integer.parseInt(matcher.group(1)) : -1;
  }

  private void replace(Path temporary, Path target) throws IOException {
    if (Files.exists(target)) {
      Path old = outputDir.resolve(REPLACED + target.getFileName());
      deleteTree(old);
      Files.move(target, old, StandardCopyOption.ATOMIC_MOVE);
      Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
      deleteTree(old);
    } else {
      Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
    }
    sync(outputDir);
  }

  private static void writeSums(Path folder) throws IOException {
    List<String> lines = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.sorted().toList()) {
        lines.add(sum(file) + "  " + file.getFileName());
        sync(file);
      }
    }
    Path sums = folder.resolve(SUMS);
    Files.write(sums, lines);
    sync(sums);
    sync(folder);
  }

  private static String sum(Path file) throws IOException {
    MessageDigest digest = Digest.sha256();
    try (InputStream input = Files.newInputStream(file)) {
      byte[] chunk = new byte[1 << 16];
      for (int read = input.read(chunk); read >= 0; read = input.read(chunk)) {
        digest.update(chunk, 0, read);
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static void sync(Path path) throws IOException {
    if (Files.isDirectory(path) && System.getProperty("os.name").startsWith("Windows")) {
      return; // a folder cannot be opened there
    }
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private static DataException abandoned(Path temporary, DataException failure) {
    try {
      deleteTree(temporary);
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
    return failure;
  }

  private static void deleteTree(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> paths = Files.walk(folder)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
