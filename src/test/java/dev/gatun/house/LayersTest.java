package dev.gatun.house;

import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The packages use each other as {@link PackageTable} says. */
class LayersTest {

  @Test
  void everyPackageIsInTheTable() {
    Set<String> unknown =
        Classes.all().stream()
            .map(type -> PackageTable.nameOf(type.getPackageName()))
            .collect(Collectors.toCollection(TreeSet::new));
    unknown.removeAll(PackageTable.packages());
    assertEquals(Set.of(), unknown, "packages that PackageTable does not know");
  }

  @Test
  void packagesUseOnlyWhatTheTableAllows() {
    List<String> violations =
        Classes.all().stream()
            .flatMap(type -> type.getDirectDependenciesFromSelf().stream())
            .filter(LayersTest::isForbidden)
            .map(Dependency::getDescription)
            .sorted()
            .toList();
    assertTrue(violations.isEmpty(), () -> String.join("\n", violations));
  }

  @Test
  void packagesAreFreeOfCycles() {
    slices().matching(PackageTable.ROOT + ".(*)..").should().beFreeOfCycles().check(Classes.all());
  }

  @Test
  void theTableItselfIsFreeOfCycles() {
    for (String a : PackageTable.packages()) {
      for (String b : reachable(a)) {
        assertFalse(reachable(b).contains(a), () -> a + " uses " + b + ", which uses " + a);
      }
    }
  }

  @Test
  void theTableForbids() {
    assertTrue(PackageTable.allows("op", "cpu"));
    assertTrue(PackageTable.allows("core", "core"));
    assertFalse(PackageTable.allows("cpu", "op"));
    assertFalse(PackageTable.allows("train", "cuda"));
    assertFalse(PackageTable.allows("unheard", "core"));
  }

  private static boolean isForbidden(Dependency dependency) {
    JavaClass used = dependency.getTargetClass().getBaseComponentType();
    return used.getPackageName().startsWith(PackageTable.ROOT + ".")
        && !PackageTable.allows(
            PackageTable.nameOf(dependency.getOriginClass().getPackageName()),
            PackageTable.nameOf(used.getPackageName()));
  }

  private static Set<String> reachable(String start) {
    Set<String> reached = new TreeSet<>();
    Set<String> next = Set.of(start);
    while (!next.isEmpty()) {
      next =
          next.stream()
              .flatMap(LayersTest::usedBy)
              .filter(reached::add)
              .collect(Collectors.toSet());
    }
    return reached;
  }

  private static Stream<String> usedBy(String user) {
    return PackageTable.packages().stream()
        .filter(used -> !used.equals(user) && PackageTable.allows(user, used));
  }
}
