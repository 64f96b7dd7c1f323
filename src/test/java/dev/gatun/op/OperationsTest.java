package dev.gatun.op;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.verify.Comparison;
import dev.gatun.verify.GradCheck;
import dev.gatun.verify.Parity;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every operation of the registry: parity of its paths, its gradient, its declarations. */
final class OperationsTest {
  private static final long SEED = 20261124;

  @TestFactory
  Stream<DynamicContainer> fastPathAgreesWithReference() {
    return perSample(sample -> true, sample -> Parity.fastAgainstReference(sample, SEED));
  }

  @TestFactory
  Stream<DynamicContainer> gradientAgreesWithDifferenceQuotient() {
    return perSample(GradCheck::applies, sample -> List.of(GradCheck.check(sample, SEED)));
  }

  @TestFactory
  Stream<DynamicContainer> compositionAgreesWithReference() {
    return perSample(
        sample -> (Object) sample.op() instanceof Op.Fused,
        sample -> Parity.composedAgainstReference(sample, SEED));
  }

  @Test
  void everyOperationSaysWhetherItIsDifferentiable() {
    for (Class<? extends Op> operation : Registry.operations()) {
      boolean differentiable = Op.Differentiable.class.isAssignableFrom(operation);
      boolean not = Op.NonDifferentiable.class.isAssignableFrom(operation);
      assertTrue(differentiable ^ not, operation + " is exactly one of the two");
      assertFalse(Registry.samples(operation).isEmpty(), operation + " has samples");
    }
  }

  private static Stream<DynamicContainer> perSample(
      Predicate<Sample> applies, Function<Sample, List<Comparison>> compare) {
    return Registry.operations().stream()
        .map(
            operation ->
                DynamicContainer.dynamicContainer(
                    Registry.name(operation),
                    Registry.samples(operation).stream()
                        .filter(applies)
                        .map(sample -> test(sample, compare))));
  }

  private static DynamicTest test(Sample sample, Function<Sample, List<Comparison>> compare) {
    String name = sample.op() + " " + sample.inputs().stream().map(Sample.Input::spec).toList();
    return DynamicTest.dynamicTest(
        name,
        () -> {
          for (Comparison comparison : compare.apply(sample)) {
            assertTrue(comparison.passes(), comparison.toString());
          }
        });
  }
}
