package dev.gatun.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.cuda.KernelFiles;
import dev.gatun.hub.Json;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Element;

/** {@code gatun verify} as its users run it: what passes, and what planted bugs look like. */
final class VerifyTest {
  private static final String SOFTMAX = "softmax.sm75.ptx";

  private static final String MODEL_LEVELS =
      "block,model,gradients,free,injected,optimizer,curve,generation,files";

  private record Run(int code, String out, String err) {}

  @TempDir private Path folder;

  @Test
  void operationsPassOnTheEmulator() {
    Run run = verify("--op", "softmax,gated", "--level", "forward,backward,fused,values");
    assertEquals(0, run.code, run.out + run.err);
    for (String line : List.of("forward:", "backward:", "fused:", "values:", "all ")) {
      assertTrue(run.out.contains(line), run.out);
    }
    assertTrue(run.out.contains("emulator"), run.out);
  }

  @Test
  void theCpuAloneIsComparedAsWell() {
    Run run = verify("--device", "cpu", "--op", "binary", "--level", "forward");
    assertEquals(0, run.code, run.out + run.err);
    assertTrue(run.out.contains("cpu") && !run.out.contains("emulator"), run.out);
  }

  @Test
  void aModelPassesAtEveryLevelOnTheEmulator() {
    Run run = verify("--model", "llama", "--level", MODEL_LEVELS);
    assertEquals(0, run.code, run.out + run.err);
    for (String level : MODEL_LEVELS.split(",", -1)) {
      assertTrue(run.out.contains("\n" + level + ":"), run.out);
    }
    assertTrue(run.out.contains("llama on emulator: 0 →"), run.out);
  }

  @Test
  void everyFamilyPassesOnTheCpu() {
    Run run = verify("--device", "cpu", "--level", "model,gradients,free,generation");
    assertEquals(0, run.code, run.out + run.err);
  }

  @Test
  void productsInBf16AndAdaptersPassOnTheEmulator() {
    Run run =
        verify(
            "--model",
            "llama_bf16,qwen2_lora,qwen2_lora_nf4",
            "--level",
            "block,gradients,injected,optimizer,files");
    assertEquals(0, run.code, run.out + run.err);
    assertTrue(columns(run, "llama_bf16").contains("emulator"), run.out);
    assertTrue(columns(run, "qwen2_lora").contains("emulator"), run.out);
    assertEquals(Set.of("cpu"), columns(run, "qwen2_lora_nf4"), run.out);
  }

  /** Where a subject was computed. */
  private static Set<String> columns(Run run, String subject) {
    return run.out
        .lines()
        .map(line -> line.strip().split(" +"))
        .filter(words -> words[0].equals(subject) && words.length > 2)
        .map(words -> words[1])
        .collect(Collectors.toSet());
  }

  @Test
  void aFactorThatIsCutOffInsteadOfRoundedIsSeen() throws IOException {
    UnaryOperator<String> edit = ptx -> ptx.replace(", 32767;", ", 0;");
    List<String> options = List.of("--model", "llama_bf16", "--level", "injected");
    Run run = verifyWith("matmul_bf16.sm80.ptx", edit, options);
    assertEquals(6, run.code, run.out + run.err);
  }

  @Test
  void theFirstOperationThatDivergesIsNamed() throws IOException {
    UnaryOperator<String> edit = ptx -> ptx.replace("sqrt.rn.f32", "abs.f32");
    Run run = verifyWith("rms_norm.sm75.ptx", edit, List.of("--model", "llama", "--level", "free"));
    assertEquals(6, run.code, run.out + run.err);
    assertTrue(run.out.contains("llama on emulator: the first to diverge is operation 2"), run.out);
  }

  @Test
  void aWrongNameIsAnErrorWithASuggestion() {
    Run run = verify("--op", "sotfmax");
    assertEquals(2, run.code);
    assertTrue(run.err.contains("did you mean \"softmax\"?"), run.err);
  }

  @Test
  void aPlantedBoundsBugIsReportedWithItsPlace() throws IOException {
    Run run = verifySoftmaxWith("setp.ge.s32", "setp.gt.s32");
    assertEquals(6, run.code, run.out + run.err);
    assertReported(run, "out of bounds: kernel softmax_forward_f32");
  }

  @Test
  void aPlantedBarrierBugIsReportedWithItsPlace() throws IOException {
    Run run = verifySoftmaxWith("bar.sync \t0;", "");
    assertEquals(6, run.code, run.out + run.err);
    assertReported(run, "shared race: kernel softmax_forward_f32");
  }

  @Test
  void aWrongFormulaIsReportedByItsError() throws IOException {
    Run run = verifySoftmaxWith("div.rn.f32", "mul.f32");
    assertEquals(6, run.code, run.out + run.err);
    assertTrue(run.out.contains("FAIL forward softmax"), run.out);
  }

  @Test
  void reportsSayTheSame() throws Exception {
    Path json = folder.resolve("report.json");
    Path junit = folder.resolve("report.xml");
    Path html = folder.resolve("report.html");
    List<String> options =
        List.of("--op", "binary", "--level", "forward,backward", "--json", json.toString());
    List<String> files = List.of("--junit", junit.toString(), "--html", html.toString());
    Run run = verify(Stream.concat(options.stream(), files.stream()).toArray(String[]::new));
    assertEquals(0, run.code, run.out + run.err);
    ObjectNode object = Json.readObject(json);
    int comparisons = object.path("comparisons").size();
    assertTrue(run.out.contains("all " + comparisons + " comparisons pass"), run.out);
    assertTrue(object.path("pass").asBoolean());
    Element suites =
        DocumentBuilderFactory.newDefaultInstance()
            .newDocumentBuilder()
            .parse(junit.toFile())
            .getDocumentElement();
    assertEquals(String.valueOf(comparisons), suites.getAttribute("tests"));
    assertEquals(comparisons, suites.getElementsByTagName("testcase").getLength());
    String page = Files.readString(html);
    assertTrue(page.contains("All " + comparisons + " comparisons pass."), page);
    assertTrue(page.contains("<th>binary</th>") && page.endsWith("</html>\n"), page);
    assertFalse(page.contains("http://") || page.contains("<script"), page);
  }

  @Test
  void aReportThatHasNowhereToGoIsRefusedAtOnce() {
    Run run = verify("--html", folder.resolve("absent").resolve("report.html").toString());
    assertEquals(2, run.code);
    assertTrue(run.err.contains("there is no folder"), run.err);
  }

  @Test
  void aCapsuleKeepsWhatFailsAndFailsAgain() throws IOException {
    Path capsule = folder.resolve("failing.zip");
    UnaryOperator<String> edit = ptx -> ptx.replace("div.rn.f32", "mul.f32");
    Run run =
        verifyWith(
            SOFTMAX,
            edit,
            List.of("--op", "softmax", "--level", "forward", "--capsule", capsule.toString()));
    assertEquals(6, run.code, run.out + run.err);
    assertTrue(run.out.contains("failing.zip holds 14 cases"), run.out);
    Run again = verify("--replay", capsule.toString());
    assertEquals(6, again.code, again.out + again.err);
    assertEquals(failures(run), failures(again));
    Run onTheCpu = verify("--replay", capsule.toString(), "--device", "cpu");
    assertEquals(0, onTheCpu.code, onTheCpu.out + onTheCpu.err);
  }

  @Test
  void whatIsNoCapsuleIsRefused() throws IOException {
    Path file = Files.writeString(folder.resolve("text.zip"), "no zip");
    Run run = verify("--replay", file.toString());
    assertEquals(3, run.code);
    assertTrue(run.err.contains("text.zip: cannot be read as a capsule"), run.err);
  }

  private static List<String> failures(Run run) {
    return run.out.lines().filter(line -> line.startsWith("FAIL")).toList();
  }

  private static void assertReported(Run run, String what) {
    Stream<String> lines = run.out.lines().filter(line -> line.contains(what));
    List<String> reports = lines.toList();
    assertTrue(!reports.isEmpty(), run.out);
    for (String part : List.of(SOFTMAX + ":", ".cu", "block (", "warp ", "lane ")) {
      assertTrue(reports.getFirst().contains(part), reports.getFirst());
    }
  }

  private Run verifySoftmaxWith(String original, String replacement) throws IOException {
    UnaryOperator<String> edit =
        ptx -> {
          int at = ptx.indexOf(original);
          assertTrue(at >= 0, original);
          return ptx.substring(0, at) + replacement + ptx.substring(at + original.length());
        };
    return verifyWith(SOFTMAX, edit, List.of("--op", "softmax", "--level", "forward"));
  }

  /** Verifies kernels of which one file is edited. */
  private Run verifyWith(String file, UnaryOperator<String> edit, List<String> options)
      throws IOException {
    KernelFiles packed = KernelFiles.packed();
    StringBuilder entries = new StringBuilder();
    packed.entries().forEach((entry, name) -> entries.append(entry + " " + name + "\n"));
    Files.writeString(folder.resolve("entries"), entries);
    for (Map.Entry<String, String> text : packed.texts().entrySet()) {
      Files.writeString(folder.resolve(text.getKey()), text.getValue());
    }
    Files.writeString(folder.resolve(file), edit.apply(packed.text(file)));
    String[] kernels = {"--kernels", folder.toString()};
    return verify(Stream.concat(options.stream(), Stream.of(kernels)).toArray(String[]::new));
  }

  private static Run verify(String... options) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    String[] args = Stream.concat(Stream.of("verify"), Stream.of(options)).toArray(String[]::new);
    int code = App.run(args, new PrintWriter(out, true), new PrintWriter(err, true));
    return new Run(code, out.toString(), err.toString());
  }
}
