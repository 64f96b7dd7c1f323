package dev.gatun.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.core.DataException;
import dev.gatun.core.VerificationException;
import dev.gatun.cuda.KernelFiles;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Broken kernels are seen by the tests of the operations that launch them. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MutantsTest {
  private static final int FEW = 40;
  private static final int DEFAULT = 256; // of the verb
  private static final int THREADS = 2;

  private final Mutants mutants = new Mutants(KernelFiles.packed(), 1);

  private void noneSurvives(int count) {
    MutantReport report = mutants.run(count, THREADS, outcome -> {});
    assertEquals(count, report.outcomes().size());
    assertEquals(List.of(), report.survivors(), () -> String.join("\n", report.lines()));
  }

  @Test
  void aFewAreCaught() {
    noneSurvives(FEW);
  }

  @Tag("slow")
  @Test
  void whatTheVerbRunsByDefault() {
    noneSurvives(DEFAULT);
  }

  /** What catches a mutant must not be what its kernel fails without the mistake. */
  @Test
  void aCaseThatAKernelFailsAsItIsIsRefused() {
    KernelFiles packed = KernelFiles.packed();
    Map<String, String> storeless = new TreeMap<>();
    for (String entry : packed.entries().keySet()) {
      String text = KernelText.of(packed, entry).text();
      storeless.put(entry, text.replaceAll("\tst\\.global[^\n]*;", ""));
    }
    Mutants broken = new Mutants(packed.with(storeless), 1);
    String entry = broken.choose(1).getFirst().entry();
    VerificationException refused =
        assertThrows(VerificationException.class, () -> broken.run(1, 1, outcome -> {}));
    String message = String.valueOf(refused.getMessage());
    assertTrue(message.startsWith("the kernel " + entry + " fails a case before"), message);
    assertTrue(message.contains("FAIL "), message);
  }

  @Test
  void everyRowOfTheTableIsUsed() {
    for (EquivalentMutants.Row row : EquivalentMutants.documented().rows()) {
      assertTrue(mutants.all().stream().anyMatch(row::matches), row::toString);
    }
  }

  @Test
  void theTableDoesNotDependOnLineNumbers() {
    EquivalentMutants table = EquivalentMutants.documented();
    KernelFiles files = KernelFiles.packed();
    String entry = "softmax_forward_f32";
    KernelText kernel = KernelText.of(files, entry);
    String moved = "\n\n\n" + kernel.text().replace("%r", "%r1");
    KernelText shifted = KernelText.of(files.with(Map.of(entry, moved)), entry);
    assertEquals(reasons(table, kernel), reasons(table, shifted));
    assertTrue(reasons(table, kernel).stream().anyMatch(Optional::isPresent));
  }

  private static List<Optional<String>> reasons(EquivalentMutants table, KernelText kernel) {
    return kernel.mutants().stream().map(table::reason).toList();
  }

  @Test
  void aTableOfOtherColumnsIsRefused() {
    assertThrows(DataException.class, () -> EquivalentMutants.parse("add ¦ dropped store ¦ x"));
  }

  @Test
  void aSelectionHasEveryKernelAndAllKinds() {
    Set<String> kernels = new TreeSet<>();
    Set<Mutation> kinds = EnumSet.noneOf(Mutation.class);
    for (Mutant mutant : mutants.choose(DEFAULT)) {
      kernels.add(mutant.entry());
      kinds.add(mutant.kind());
    }
    assertEquals(KernelFiles.packed().entries().keySet(), kernels);
    assertEquals(EnumSet.allOf(Mutation.class), kinds);
  }

  /** The hash of a mutant is that of its own text. */
  @Test
  void theChoiceDoesNotDependOnOtherLines() {
    KernelFiles files = KernelFiles.packed();
    String entry = "softmax_forward_f32";
    KernelText kernel = KernelText.of(files, entry);
    String comments = kernel.text().replace("\n\tbar.sync", "\n\n\n\tbar.sync");
    KernelText shifted = KernelText.of(files.with(Map.of(entry, comments)), entry);
    assertEquals(
        kernel.mutants().stream().map(Mutant::hash).toList(),
        shifted.mutants().stream().map(Mutant::hash).toList());
    assertFalse(
        kernel.mutants().stream()
            .map(Mutant::index)
            .toList()
            .equals(shifted.mutants().stream().map(Mutant::index).toList()));
  }

  @Test
  void eachKindInEachKernelComesBeforeASecondOfIt() {
    Set<String> pairs = new TreeSet<>();
    for (Mutant mutant : mutants.choose(mutants.pairs())) {
      assertTrue(pairs.add(mutant.entry() + " " + mutant.kind()), mutant::toString);
    }
    for (Mutant mutant : mutants.all()) {
      assertTrue(pairs.contains(mutant.entry() + " " + mutant.kind()), mutant::toString);
    }
  }

  @Test
  void aMutantSaysWhatIsChangedAndWhere() {
    Mutant mutant =
        KernelText.of(KernelFiles.packed(), "softmax_forward_f32").mutants().stream()
            .filter(m -> m.kind() == Mutation.DROPPED_BARRIER)
            .findFirst()
            .orElseThrow();
    String text = mutant.toString();
    assertTrue(text.startsWith("softmax_forward_f32: dropped barrier at softmax.sm75.ptx:"), text);
    assertTrue(text.contains("__syncthreads();\n    - bar.sync 0;\n    + "), text);
    assertFalse(mutant.text().equals(mutant.kernel().text()));
    assertEquals(
        mutant.text().lines().count(), mutant.kernel().text().lines().count(), "lines move");
  }
}
