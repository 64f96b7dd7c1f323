package dev.gatun.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.gatun.core.ConfigurationException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import jcuda.nvptxcompiler.JNvPTXCompiler;
import jcuda.nvptxcompiler.nvPTXCompilerHandle;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * The committed PTX is what the sources give, and NVIDIA's compiler makes code of it that keeps
 * everything in registers, for every architecture that it knows.
 */
class PtxTest {
  private static final List<Integer> ARCHITECTURES = List.of(75, 80, 86, 89, 90);

  /** A block of 256 threads then runs twice on a multiprocessor. */
  private static final int MOST_REGISTERS = 128;

  /**
   * The products with 64 results a thread run one block at a time: held to 128 registers they would
   * spill 8 to 72 bytes.
   */
  private static final int MOST_OF_LARGE_PRODUCTS = 152;

  private static final Pattern USED =
      Pattern.compile("Compiling entry function '(\\w+)'.*?Used (\\d+) registers", Pattern.DOTALL);
  private static final Pattern NVCC = Pattern.compile("release (\\d+\\.\\d+)");

  /** Another release words its PTX differently. */
  private static final String NVCC_OF_THE_COMMITTED = "13.0";

  private static final KernelFiles FILES = KernelFiles.packed();

  @BeforeAll
  static void loadCompiler() {
    PrivateNatives.initialize("jcuda.nvptxcompiler.JNvPTXCompiler");
    JNvPTXCompiler.setExceptionsEnabled(false);
  }

  @TestFactory
  Stream<DynamicTest> filesCompile() {
    return FILES.texts().entrySet().stream()
        .map(
            file ->
                dynamicTest(
                    file.getKey(),
                    () -> {
                      for (int architecture : ARCHITECTURES) {
                        check(file.getKey(), file.getValue(), architecture);
                      }
                    }));
  }

  private static void check(String file, String ptx, int architecture) {
    if (ptx.contains(".target sm_80") && architecture < 80) {
      return;
    }
    String log = compile(file, ptx, architecture);
    assertFalse(log.toLowerCase(Locale.ROOT).contains("warning"), file + ": " + log);
    Matcher used = USED.matcher(log);
    int entries = 0;
    while (used.find()) {
      entries++;
      boolean large = used.group(1).matches("matmul_.*_large_.*");
      assertTrue(
          Integer.parseInt(used.group(2)) <= (large ? MOST_OF_LARGE_PRODUCTS : MOST_REGISTERS),
          file + " on sm_" + architecture + ": " + used.group());
    }
    long declared = FILES.entries().values().stream().filter(file::equals).count();
    assertEquals(declared, entries, file + ": entries that were compiled");
  }

  private static String compile(String file, String ptx, int architecture) {
    nvPTXCompilerHandle handle = new nvPTXCompilerHandle();
    byte[] text = (ptx + '\0').getBytes(StandardCharsets.UTF_8);
    assertEquals(0, JNvPTXCompiler.nvPTXCompilerCreate(handle, text.length, text), file);
    String[] options = {
      "--gpu-name=sm_" + architecture,
      "--verbose",
      "--warn-on-spills",
      "--warn-on-local-memory-usage",
      "--warn-on-double-precision-use"
    };
    int result = JNvPTXCompiler.nvPTXCompilerCompile(handle, options.length, options);
    String log = log(handle, result == 0);
    JNvPTXCompiler.nvPTXCompilerDestroy(handle);
    assertEquals(0, result, file + " on sm_" + architecture + ": " + log);
    return log;
  }

  private static String log(nvPTXCompilerHandle handle, boolean compiled) {
    long[] size = {0};
    if (compiled) {
      JNvPTXCompiler.nvPTXCompilerGetInfoLogSize(handle, size);
    } else {
      JNvPTXCompiler.nvPTXCompilerGetErrorLogSize(handle, size);
    }
    byte[] log = new byte[(int) size[0] + 1];
    if (compiled) {
      JNvPTXCompiler.nvPTXCompilerGetInfoLog(handle, log);
    } else {
      JNvPTXCompiler.nvPTXCompilerGetErrorLog(handle, log);
    }
    return new String(log, StandardCharsets.UTF_8);
  }

  @Test
  void sourcesGiveTheCommittedFiles(@TempDir Path folder) throws Exception {
    assumeTrue(nvcc().equals(NVCC_OF_THE_COMMITTED), "needs nvcc " + NVCC_OF_THE_COMMITTED);
    run(List.of("kernels/build.sh", folder.toString()));
    for (Map.Entry<String, String> file : FILES.texts().entrySet()) {
      assertEquals(file.getValue(), Files.readString(folder.resolve(file.getKey())), file.getKey());
    }
    assertEquals(
        Files.readString(Path.of("kernels/ptx/entries")),
        Files.readString(folder.resolve("entries")));
  }

  /** The release of nvcc, or nothing where there is none. */
  private static String nvcc() throws InterruptedException {
    try {
      Matcher release = NVCC.matcher(run(List.of("nvcc", "--version")));
      return release.find() ? release.group(1) : "";
    } catch (IOException e) {
      return "";
    }
  }

  private static String run(List<String> command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), command + ": " + output);
    return output;
  }

  @Test
  void aFolderOfAnotherVersionIsRefused(@TempDir Path folder) throws IOException {
    Files.writeString(folder.resolve("entries"), "accumulate_f32 old.ptx\n");
    Files.writeString(
        folder.resolve("old.ptx"),
        ".visible .entry accumulate_f32(\n.param .u64 a,\n.param .u32 b\n)\n{ ret; }\n");
    KernelFiles files = KernelFiles.in(folder);
    ConfigurationException missing =
        assertThrows(ConfigurationException.class, () -> files.fileOf("rms_norm_forward_f32"));
    assertTrue(missing.toString().contains("another version"), missing.toString());
    Signature old = Signature.of(files.text("old.ptx"), "accumulate_f32", "old.ptx");
    ConfigurationException other =
        assertThrows(ConfigurationException.class, () -> old.require("accumulate_f32", List.of()));
    assertEquals(
        "kernel accumulate_f32 takes [u64, u32], but is launched with []: these kernels belong to"
            + " another version of the program; run kernels/build.sh",
        other.getMessage());
  }
}
