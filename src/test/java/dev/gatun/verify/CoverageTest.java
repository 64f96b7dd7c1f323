package dev.gatun.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.cuda.KernelFiles;
import dev.gatun.op.Attributes;
import dev.gatun.op.Op;
import dev.gatun.op.Ops;
import dev.gatun.op.Registry;
import dev.gatun.op.Sample;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.CodeElement;
import java.lang.classfile.MethodModel;
import java.lang.classfile.Opcode;
import java.lang.classfile.instruction.FieldInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.NewObjectInstruction;
import java.lang.reflect.AccessFlag;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Nothing that can be launched or called escapes {@code gatun verify}. */
class CoverageTest {
  private static final String OPS = Ops.class.getName().replace('.', '/');

  @Test
  void everyKernelIsReached() {
    Set<String> reached = new TreeSet<>();
    for (Class<? extends Op> type : Registry.operations()) {
      if (Op.HostOnly.class.isAssignableFrom(type)) {
        continue;
      }
      for (Sample sample : Registry.samples(type)) {
        reached.addAll(Variant.USUAL.kernels(sample));
        Variant.of(sample).forEach(variant -> reached.addAll(variant.kernels(sample)));
      }
    }
    assertEquals(new TreeSet<>(KernelFiles.packed().entries().keySet()), reached);
  }

  /**
   * An operation that a function of {@code Ops} makes has samples, and where the function names one
   * of its kinds, samples of that kind.
   */
  @Test
  void everyFunctionIsReached() {
    ClassModel ops = parse();
    Set<String> made = new TreeSet<>();
    for (MethodModel method : ops.methods()) {
      made.addAll(operations(ops, method.methodName().stringValue(), new HashSet<>()));
    }
    Set<String> sampled = new TreeSet<>();
    for (Class<? extends Op> type : Registry.operations()) {
      for (Sample sample : Registry.samples(type)) {
        sampled.addAll(names(sample.op()));
      }
    }
    assertTrue(made.size() > 20, made::toString);
    made.removeAll(sampled);
    assertEquals(Set.of(), made, "no sample");
  }

  @Test
  void everyFunctionThatComputesATensorMakesAnOperation() {
    ClassModel ops = parse();
    for (MethodModel method : ops.methods()) {
      String name = method.methodName().stringValue();
      boolean computes = method.methodType().stringValue().endsWith(")Ldev/gatun/tensor/Tensor;");
      boolean isPublic = method.flags().has(AccessFlag.PUBLIC);
      if (computes && isPublic) {
        assertFalse(operations(ops, name, new HashSet<>()).isEmpty(), name);
      }
    }
  }

  private static ClassModel parse() {
    try (InputStream stream = Ops.class.getResourceAsStream("Ops.class")) {
      return ClassFile.of().parse(Objects.requireNonNull(stream).readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The operations and their kinds that a function and those of the same class make. */
  private static Set<String> operations(ClassModel ops, String function, Set<String> seen) {
    Set<String> made = new TreeSet<>();
    if (!seen.add(function)) {
      return made;
    }
    for (CodeElement element : code(ops, function)) {
      switch (element) {
        case NewObjectInstruction created -> {
          String name = created.className().asInternalName().replace('/', '.');
          if (isOperation(name)) {
            made.add(name);
          }
        }
        case FieldInstruction field
            when field.opcode() == Opcode.GETSTATIC
                && field.owner().asInternalName().endsWith("$Kind") ->
            made.add(
                field.owner().asInternalName().replace('/', '.')
                    + "."
                    + field.name().stringValue());
        case InvokeInstruction call when call.owner().asInternalName().equals(OPS) ->
            made.addAll(operations(ops, call.name().stringValue(), seen));
        default -> {}
      }
    }
    return made;
  }

  private static List<CodeElement> code(ClassModel ops, String function) {
    List<CodeElement> elements = new ArrayList<>();
    for (MethodModel method : ops.methods()) {
      if (method.methodName().equalsString(function)) {
        method.code().ifPresent(code -> code.forEach(elements::add));
      }
    }
    return elements;
  }

  private static boolean isOperation(String name) {
    return Registry.operations().stream().anyMatch(type -> type.getName().equals(name));
  }

  /** The class of an operation, and its kind if it has one. */
  private static Set<String> names(Op op) {
    Set<String> names = new HashSet<>(Set.of(op.getClass().getName()));
    Attributes.of(op)
        .forEach(
            (key, value) -> {
              if (key.equals("kind")) {
                names.add(op.getClass().getName() + "$Kind." + value);
              }
            });
    return names;
  }
}
