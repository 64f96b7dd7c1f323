package dev.gatun.house;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.concurrent.ForkJoinPool;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** Breaks the rules of the house, so that the tests of the rules can be seen to fail. */
@SuppressWarnings("unused")
final class OffenderManager {
  static final VectorSpecies<Float> ALLOWED_CONSTANT = FloatVector.SPECIES_128;
  static FloatVector vectorInAField = FloatVector.zero(FloatVector.SPECIES_128);
  static VectorSpecies<Float> speciesThatIsNotFinal = FloatVector.SPECIES_128;

  private OffenderManager() {}

  /** Takes a vector through an interface. */
  interface Kernel {
    FloatVector apply(FloatVector x);
  }

  static final class Fast {
    private Fast() {}

    static List<Object> boxesInALoop(int n) {
      List<Object> boxes = new java.util.ArrayList<>();
      for (int i = 0; i < n; i++) {
        boxes.add(i);
      }
      return boxes;
    }

    static Object boxesOnce(int n) {
      return n;
    }

    static void boxesForAMessage(int n) {
      for (int i = 0; i < n; i++) {
        if (i > 9) {
          throw new IllegalArgumentException("%d > 9".formatted(i));
        }
      }
    }
  }

  static UnaryOperator<FloatVector> vectorThroughALambda() {
    return x -> x.add(1);
  }

  static BinaryOperator<FloatVector> vectorThroughAMethodReference() {
    return FloatVector::add;
  }

  static Runnable vectorCapturedByALambda(FloatVector x) {
    return () -> System.out.println(x);
  }

  static FloatVector vectorThroughAnInterfaceCall(Kernel kernel, FloatVector x) {
    return kernel.apply(x);
  }

  static void goesParallel() {
    try (Arena arena = Arena.ofAuto()) {
      List.of(arena, new ObjectMapper()).parallelStream().forEach(System.err::println);
    }
    ForkJoinPool.commonPool().execute(() -> {});
  }
}
