package dev.gatun.ptx;

import org.jspecify.annotations.Nullable;

/** Finds out who decodes an instruction. What is not listed here is refused. */
final class Decoder {
  private Decoder() {}

  /** The decoded instruction, or null if there is nothing to execute. */
  static @Nullable Instruction decode(Decoding d) {
    return switch (d.base()) {
      case "add", "sub", "mul", "mad", "fma", "div", "rem", "abs", "neg", "min", "max" ->
          arithmetic(d);
      case "mul24" -> IntegerArithmetic.mul24(d, false);
      case "mad24" -> IntegerArithmetic.mul24(d, true);
      case "sad" -> IntegerArithmetic.sad(d);
      case "dp4a" -> IntegerArithmetic.dotProduct(d, true);
      case "dp2a" -> IntegerArithmetic.dotProduct(d, false);
      case "addc" -> Carries.addSub(d, true, true, d.take("cc"));
      case "subc" -> Carries.addSub(d, false, true, d.take("cc"));
      case "madc" -> Carries.mad(d, true, d.take("cc"));
      case "rcp" -> FloatArithmetic.rcpSqrt(d, true);
      case "sqrt" -> FloatArithmetic.rcpSqrt(d, false);
      case "rsqrt", "sin", "cos", "lg2" -> FloatArithmetic.approx(d);
      case "ex2", "tanh" -> isHalf(d) ? HalfArithmetic.approx(d) : FloatArithmetic.approx(d);
      case "copysign" -> FloatArithmetic.copySign(d);
      case "testp" -> FloatArithmetic.test(d);
      case "setp" -> CompareInstructions.setp(d);
      case "set" -> CompareInstructions.set(d);
      case "selp" -> CompareInstructions.select(d);
      case "slct" -> CompareInstructions.selectBySign(d);
      case "cvt" -> Conversions.cvt(d);
      case "mov" -> Moves.mov(d);
      case "cvta" -> Moves.cvta(d);
      case "isspacep" -> Moves.isSpace(d);
      default -> bits(d);
    };
  }

  private static boolean isHalf(Decoding d) {
    Type type = d.peekType();
    return type != null && HalfArithmetic.isHalf(type);
  }

  private static Instruction arithmetic(Decoding d) {
    Type type = d.peekType();
    if (type == null) {
      throw d.refuse("its last modifier is no type");
    }
    if (HalfArithmetic.isHalf(type)) {
      return half(d);
    }
    if (type.isFloat()) {
      return floating(d);
    }
    return switch (d.base()) {
      case "add" -> IntegerArithmetic.addSub(d, true);
      case "sub" -> IntegerArithmetic.addSub(d, false);
      case "mul" -> IntegerArithmetic.mulMad(d, false);
      case "mad" -> IntegerArithmetic.mulMad(d, true);
      case "div" -> IntegerArithmetic.divRem(d, true);
      case "rem" -> IntegerArithmetic.divRem(d, false);
      case "neg" -> IntegerArithmetic.negAbs(d, true);
      case "abs" -> IntegerArithmetic.negAbs(d, false);
      case "min" -> IntegerArithmetic.minMax(d, true);
      case "max" -> IntegerArithmetic.minMax(d, false);
      default -> throw d.refuse("there is no such integer instruction");
    };
  }

  private static Instruction half(Decoding d) {
    return switch (d.base()) {
      case "add", "sub", "mul", "fma" -> HalfArithmetic.arithmetic(d);
      case "neg" -> HalfArithmetic.negAbs(d, true);
      case "abs" -> HalfArithmetic.negAbs(d, false);
      case "min" -> HalfArithmetic.minMax(d, true);
      case "max" -> HalfArithmetic.minMax(d, false);
      default -> throw d.refuse("there is no such instruction of half precision");
    };
  }

  private static Instruction floating(Decoding d) {
    return switch (d.base()) {
      case "add", "sub", "mul" -> FloatArithmetic.addSubMul(d);
      case "fma", "mad" -> FloatArithmetic.fma(d);
      case "div" -> FloatArithmetic.div(d);
      case "neg" -> FloatArithmetic.negAbs(d, true);
      case "abs" -> FloatArithmetic.negAbs(d, false);
      case "min" -> FloatArithmetic.minMax(d, true);
      case "max" -> FloatArithmetic.minMax(d, false);
      default -> throw d.refuse("there is no such floating-point instruction");
    };
  }

  private static @Nullable Instruction bits(Decoding d) {
    return switch (d.base()) {
      case "and", "or", "xor" -> BitInstructions.logic(d);
      case "not" -> BitInstructions.not(d, false);
      case "cnot" -> BitInstructions.not(d, true);
      case "shl" -> BitInstructions.shift(d, true);
      case "shr" -> BitInstructions.shift(d, false);
      case "shf" -> BitInstructions.funnel(d);
      case "lop3" -> BitInstructions.lop3(d);
      case "popc" -> BitInstructions.count(d, true);
      case "clz" -> BitInstructions.count(d, false);
      case "bfind" -> BitInstructions.find(d);
      case "brev" -> BitInstructions.reverse(d);
      case "bfe" -> BitInstructions.extract(d);
      case "bfi" -> BitInstructions.insert(d);
      case "bmsk" -> BitInstructions.mask(d);
      case "szext" -> BitInstructions.extend(d);
      case "fns" -> BitInstructions.findNth(d);
      case "prmt" -> BitInstructions.permute(d);
      default -> memoryAndControl(d);
    };
  }

  private static @Nullable Instruction memoryAndControl(Decoding d) {
    return switch (d.base()) {
      case "ld", "ldu" -> MemoryInstructions.load(d);
      case "st" -> MemoryInstructions.store(d);
      case "atom" -> MemoryInstructions.atomic(d, true);
      case "red" -> MemoryInstructions.atomic(d, false);
      case "prefetch", "prefetchu" -> MemoryInstructions.prefetch(d);
      case "cp" -> MemoryInstructions.copyAsync(d);
      case "shfl" -> WarpInstructions.shuffle(d);
      case "vote" -> WarpInstructions.vote(d);
      case "match" -> WarpInstructions.match(d);
      case "redux" -> WarpInstructions.reduce(d);
      case "activemask" -> WarpInstructions.activeMask(d);
      case "elect" -> WarpInstructions.elect(d);
      case "mma" -> MatrixInstructions.mma(d);
      case "ldmatrix" -> MatrixInstructions.loadMatrix(d);
      case "bra" -> ControlInstructions.branch(d);
      case "brx" -> ControlInstructions.branchIndexed(d);
      case "call" -> ControlInstructions.call(d);
      case "ret" -> ControlInstructions.returnOrExit(d, false);
      case "exit" -> ControlInstructions.returnOrExit(d, true);
      case "trap", "brkpt" -> ControlInstructions.trap(d);
      case "bar", "barrier" -> ControlInstructions.barrier(d);
      case "membar" -> ControlInstructions.nothing(d, 0, "cta", "gl", "sys");
      case "fence" ->
          ControlInstructions.nothing(
              d, 0, "sc", "acq_rel", "acquire", "release", "cta", "cluster", "gpu", "sys");
      case "nanosleep" -> ControlInstructions.nothing(d, 1, "u32");
      case "pmevent" -> ControlInstructions.nothing(d, 1, "mask");
      default -> throw d.refuse("the instruction is not known");
    };
  }
}
