package dev.gatun.ptx;

import java.util.Arrays;
import java.util.List;

/** Decodes mma.sync and ldmatrix. */
final class MatrixInstructions {
  private static final Type[] FACTORS = {
    Type.F16, Type.BF16, Type.TF32, Type.F64, Type.S8, Type.U8
  };
  private static final Type[] SUMS = {Type.F16, Type.F32, Type.F64, Type.S32};

  private MatrixInstructions() {}

  static Instruction mma(Decoding decoding) {
    requireSync(decoding);
    String shape = decoding.require("m16n8k4", "m16n8k8", "m16n8k16", "m16n8k32", "m8n8k4");
    int m = shape.startsWith("m8") ? 8 : 16;
    int k = Integer.parseInt(shape.substring(shape.indexOf('k') + 1));
    decoding.require("row");
    decoding.require("col");
    boolean saturate = decoding.take("satfinite");
    Type c = decoding.type(SUMS);
    Type b = decoding.type(FACTORS);
    Type a = decoding.type(FACTORS);
    Type d = decoding.type(SUMS);
    decoding.done(4);
    boolean known =
        switch (a) {
          case F64 -> m == 8 && k == 4 && c == Type.F64;
          case TF32 -> m == 16 && k <= 8 && c == Type.F32;
          case BF16 -> m == 16 && (k == 8 || k == 16) && c == Type.F32;
          case S8, U8 -> m == 16 && k >= 16 && c == Type.S32;
          default -> m == 16 && (k == 8 || k == 16) && (c == Type.F16 || c == Type.F32);
        };
    boolean bytes = Fragment.isByte(a) && Fragment.isByte(b);
    if (!known || (a != b && !bytes) || c != d || (saturate && !bytes)) {
      throw decoding.refuse("this shape is not supported with these types");
    }
    Fragment left = Fragment.left(a, m, k);
    Fragment right = Fragment.right(b, k);
    Fragment sum = Fragment.sum(c, m, saturate);
    return new Mma(
        new Mma.Shape(m, 8, k),
        left,
        right,
        sum,
        decoding.targets(0, sum.register(), sum.registers()),
        decoding.sources(1, left.register(), left.registers()),
        decoding.sources(2, right.register(), right.registers()),
        decoding.sources(3, sum.register(), sum.registers()),
        decoding.builder().rows().constant(0xffff_ffffL, 32));
  }

  private static void requireSync(Decoding decoding) {
    if (!decoding.take("sync") || !decoding.take("aligned")) {
      throw decoding.refuse("it needs .sync.aligned");
    }
  }

  static Instruction loadMatrix(Decoding decoding) {
    requireSync(decoding);
    decoding.require("m8n8");
    int count = decoding.require("x1", "x2", "x4").charAt(1) - '0';
    boolean transposed = decoding.take("trans");
    Space space = Spaces.take(decoding);
    if (space != Space.SHARED && space != Space.GENERIC) {
      throw decoding.refuse("it reads shared memory");
    }
    decoding.type(Type.B16);
    decoding.done(2);
    List<Operand> elements = decoding.elements(0);
    if (elements.size() != count) {
      throw decoding.refuse("it has %d results".formatted(count));
    }
    Slot[] targets = decoding.targets(0, Type.B32, count);
    return new LoadMatrix(
        MemoryInstructions.place(decoding, 1, space),
        Arrays.copyOf(targets, count),
        transposed,
        decoding.builder().rows().constant(0xffff_ffffL, 32));
  }
}
