package dev.gatun.house;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.EvaluationResult;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ForkJoinPool;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Libraries that stay behind one wall, calls and names that do not occur at all. */
class BansTest {
  /** Names that say nothing: such a class has no single purpose. */
  private static final Pattern EMPTY_NAME =
      Pattern.compile(
          "(^|\\.)(utils?|common|impl|helpers?|managers?)(\\.|$)"
              + "|(Utils?|Common|Impl|Helpers?|Managers?)$");

  private static final Map<String, ArchRule> RULES =
      new TreeMap<>(
          Map.of(
              "only cpu and op use the Vector API", onlyIn("jdk.incubator.vector..", "cpu", "op"),
              "only cuda uses JCuda", onlyIn("jcuda..", "cuda"),
              "only data, hub, train, verify and cli use Jackson",
                  onlyIn("com.fasterxml.jackson..", "data", "hub", "train", "verify", "cli"),
              "only cli prints",
                  noClasses()
                      .that(areOutside("cli"))
                      .should()
                      .accessTargetWhere(
                          describe(
                              "is System.out or System.err",
                              access -> isStandardStream(access.getTarget()))),
              "no memory is freed by the garbage collector", neverCalled(Arena.class, "ofAuto"),
              "no work runs on the user's pool", neverCalled(ForkJoinPool.class, "commonPool"),
              "no stream is parallel",
                  noClasses()
                      .should()
                      .callMethodWhere(describe("goes parallel", BansTest::goesParallel)),
              "names say what a class is for",
                  noClasses()
                      .should(
                          ArchCondition.from(
                              describe(
                                  "be named after nothing",
                                  type -> EMPTY_NAME.matcher(outerName(type)).find())))));

  @TestFactory
  Stream<DynamicTest> theProgramKeeps() {
    return RULES.entrySet().stream()
        .map(rule -> dynamicTest(rule.getKey(), () -> rule.getValue().check(Classes.all())));
  }

  /** A rule that accepts everything would pass above; each must reject its own offence. */
  @TestFactory
  Stream<DynamicTest> theOffenderBreaks() {
    JavaClasses offender = new ClassFileImporter().importClasses(OffenderManager.class);
    return RULES.entrySet().stream()
        .filter(rule -> !rule.getKey().contains("JCuda")) // which the tests cannot see either
        .map(
            rule ->
                dynamicTest(
                    rule.getKey(),
                    () -> {
                      EvaluationResult result = rule.getValue().evaluate(offender);
                      assertEquals(true, result.hasViolation(), rule.getKey());
                    }));
  }

  private static ArchRule onlyIn(String library, String... users) {
    return noClasses()
        .that(areOutside(users))
        .should()
        .dependOnClassesThat()
        .resideInAPackage(library);
  }

  private static DescribedPredicate<JavaClass> areOutside(String... packages) {
    return describe(
        "are outside " + String.join(", ", packages),
        type -> !List.of(packages).contains(PackageTable.nameOf(type.getPackageName())));
  }

  private static ArchRule neverCalled(Class<?> owner, String method) {
    return noClasses()
        .should()
        .callMethodWhere(
            describe(
                "calls " + owner.getSimpleName() + "." + method,
                call ->
                    call.getTargetOwner().isEquivalentTo(owner) && call.getName().equals(method)));
  }

  private static boolean goesParallel(JavaCall<?> call) {
    return call.getName().equals("parallelStream")
        || (call.getTargetOwner().getPackageName().equals("java.util.stream")
            && call.getName().equals("parallel"));
  }

  private static boolean isStandardStream(AccessTarget target) {
    return target.getOwner().isEquivalentTo(System.class)
        && (target.getName().equals("out") || target.getName().equals("err"));
  }

  private static String outerName(JavaClass type) {
    int nested = type.getName().indexOf('$');
    return nested < 0 ? type.getName() : type.getName().substring(0, nested);
  }
}
