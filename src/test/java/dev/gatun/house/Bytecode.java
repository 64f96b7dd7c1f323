package dev.gatun.house;

import java.lang.classfile.ClassModel;
import java.lang.classfile.CodeElement;
import java.lang.classfile.FieldModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.Opcode;
import java.lang.classfile.attribute.CodeAttribute;
import java.lang.classfile.instruction.InvokeDynamicInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.constant.ConstantDesc;
import java.lang.constant.DirectMethodHandleDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.reflect.AccessFlag;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds what keeps HotSpot from making a class fast: methods too large to compile, vectors that
 * cross an interface, a lambda or a field and so become objects, boxed numbers in kernels.
 * Constants of the Vector API are folded.
 */
final class Bytecode {
  private static final int HUGE_METHOD_LIMIT = 8_000; // -XX:HugeMethodLimit, in bytes
  private static final String VECTOR_API = "jdk/incubator/vector/";

  private final ClassModel type;
  private final String name;
  private final List<String> findings = new ArrayList<>();

  private Bytecode(ClassModel type) {
    this.type = type;
    String internal = type.thisClass().asInternalName();
    this.name = internal.substring(internal.lastIndexOf('/') + 1);
  }

  /** One sentence for each offence in this class. */
  static List<String> findings(ClassModel type) {
    Bytecode bytecode = new Bytecode(type);
    type.fields().forEach(bytecode::checkField);
    type.methods().forEach(bytecode::checkMethod);
    return bytecode.findings;
  }

  private void checkField(FieldModel field) {
    boolean folded = field.flags().has(AccessFlag.STATIC) && field.flags().has(AccessFlag.FINAL);
    if (hasVector(field.fieldType().stringValue()) && !folded) {
      found(field.fieldName().stringValue(), "keeps a vector in a field");
    }
  }

  private void checkMethod(MethodModel method) {
    String methodName = method.methodName().stringValue();
    if (type.flags().has(AccessFlag.INTERFACE) && hasVector(method.methodType().stringValue())) {
      found(methodName, "passes a vector through an interface");
    }
    method.code().map(CodeAttribute.class::cast).ifPresent(code -> checkCode(methodName, code));
  }

  private void checkCode(String method, CodeAttribute code) {
    if (code.codeLength() > HUGE_METHOD_LIMIT) {
      found(
          method,
          "has %d bytes, and HotSpot compiles up to %d"
              .formatted(code.codeLength(), HUGE_METHOD_LIMIT));
    }
    for (CodeElement element : code) {
      switch (element) {
        case InvokeDynamicInstruction call when hasVector(call) ->
            found(method, "passes a vector through a lambda");
        case InvokeInstruction call when passesVectorThroughInterface(call) ->
            found(method, "passes a vector through an interface");
        default -> {}
      }
    }
    checkBoxing(method, code);
  }

  private void checkBoxing(String method, CodeAttribute code) {
    if (type.thisClass().asInternalName().startsWith("dev/gatun/cpu/")) {
      if (Boxing.anywhere(code)) {
        found(method, "boxes a value");
      }
    } else if (name.contains("$Fast") && Boxing.inLoop(code)) {
      found(method, "boxes a value in a loop");
    }
  }

  private static boolean passesVectorThroughInterface(InvokeInstruction call) {
    return call.opcode() == Opcode.INVOKEINTERFACE
        && !call.owner().asInternalName().startsWith(VECTOR_API)
        && hasVector(call.type().stringValue());
  }

  /** Whether a lambda captures, takes or returns a vector. */
  private static boolean hasVector(InvokeDynamicInstruction call) {
    return hasVector(call.type().stringValue())
        || call.bootstrapArgs().stream().anyMatch(Bytecode::mentionsVector);
  }

  private static boolean mentionsVector(ConstantDesc argument) {
    return switch (argument) {
      case MethodTypeDesc method -> hasVector(method.descriptorString());
      case DirectMethodHandleDesc handle -> hasVector(handle.lookupDescriptor());
      default -> false;
    };
  }

  private static boolean hasVector(String descriptor) {
    return descriptor.contains(VECTOR_API);
  }

  private void found(String member, String offence) {
    findings.add(name + "." + member + " " + offence);
  }
}
