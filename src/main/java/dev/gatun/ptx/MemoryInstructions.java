package dev.gatun.ptx;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Decodes ld, st, atom, red, prefetch and cp.async. */
final class MemoryInstructions {
  private static final String[] SCOPES = {"cta", "cluster", "gpu", "sys"};
  private static final String[] LOAD_HINTS = {"ca", "cg", "cs", "lu", "cv"};
  private static final String[] STORE_HINTS = {"wb", "cg", "cs", "wt"};
  private static final String[] CACHE_HINTS = {
    "L1::evict_normal",
    "L1::evict_unchanged",
    "L1::evict_first",
    "L1::evict_last",
    "L1::no_allocate",
    "L2::evict_normal",
    "L2::evict_first",
    "L2::evict_last"
  };
  private static final String[] PREFETCH_SIZES = {"L2::64B", "L2::128B", "L2::256B"};
  private static final Type[] TYPES = {
    Type.B8, Type.B16, Type.B32, Type.B64, Type.U8, Type.U16, Type.U32, Type.U64, Type.S8, Type.S16,
    Type.S32, Type.S64, Type.F32, Type.F64
  };

  private MemoryInstructions() {}

  /** The address operand as a place. */
  static MemoryAccess.Place place(Decoding decoding, int i, Space space) {
    if (!(decoding.operand(i) instanceof Operand.Address(Operand base, long offset))) {
      throw decoding.refuse("operand " + (i + 1) + " must be an address in brackets");
    }
    return switch (base) {
      case null -> new MemoryAccess.Place(space, null, offset);
      case Operand.Symbol symbol -> symbolPlace(decoding, symbol, offset, space);
      case Operand.Reg(Register register, boolean negated)
          when !negated && register.type().bits() >= 32 ->
          new MemoryAccess.Place(
              space,
              decoding.source(base, register.type().bits() == 32 ? Type.B32 : Type.B64, false),
              offset);
      default -> throw decoding.refuse("an address is a register or a variable");
    };
  }

  private static MemoryAccess.Place symbolPlace(
      Decoding decoding, Operand.Symbol symbol, long offset, Space space) {
    Builder builder = decoding.builder();
    Space real = builder.spaceOf(decoding, symbol);
    boolean parameter = space == Space.PARAM && real == Space.LOCAL;
    boolean generic = space == Space.GENERIC && (real == Space.GLOBAL || real == Space.CONST);
    if (real != space && !parameter && !generic) {
      throw decoding.refuse(
          "\"%s\" is in %s space, the access in %s space".formatted(symbol.name(), real, space));
    }
    return new MemoryAccess.Place(real, null, builder.addressOf(decoding, symbol) + offset);
  }

  /** Takes .weak, .volatile, .relaxed ...; whether the access is an ordinary one. */
  private static boolean plain(Decoding decoding) {
    String order = decoding.oneOf("", "weak", "volatile", "relaxed", "acquire", "release", "mmio");
    if (!order.isEmpty() && !order.equals("weak") && !order.equals("volatile")) {
      decoding.require(SCOPES);
    }
    return order.isEmpty() || order.equals("weak");
  }

  private static int vector(Decoding decoding) {
    return switch (decoding.oneOf("", "v2", "v4")) {
      case "v2" -> 2;
      case "v4" -> 4;
      default -> 1;
    };
  }

  private static void takeHints(Decoding decoding, String... hints) {
    decoding.oneOf("", hints);
    while (!decoding.oneOf("", CACHE_HINTS).isEmpty()) {
      // several may stand together, and none changes a result
    }
    decoding.oneOf("", PREFETCH_SIZES);
  }

  /** ld and ldu. */
  static Instruction load(Decoding decoding) {
    boolean plain = plain(decoding);
    Space space = Spaces.take(decoding);
    decoding.take("nc");
    takeHints(decoding, LOAD_HINTS);
    int vector = vector(decoding);
    Type type = decoding.type(TYPES);
    decoding.done(2);
    if (vector * type.bytes() > 16) {
      throw decoding.refuse("an access has at most 16 bytes");
    }
    return new Load(place(decoding, 1, space), type, rows(decoding, 0, type, vector, true), plain);
  }

  static Instruction store(Decoding decoding) {
    boolean plain = plain(decoding);
    Space space = Spaces.take(decoding);
    takeHints(decoding, STORE_HINTS);
    int vector = vector(decoding);
    Type type = decoding.type(TYPES);
    decoding.done(2);
    if (vector * type.bytes() > 16) {
      throw decoding.refuse("an access has at most 16 bytes");
    }
    if (space == Space.CONST) {
      throw decoding.refuse("constant memory is not written");
    }
    return new Store(
        place(decoding, 0, space), type, rows(decoding, 1, type, vector, false), plain);
  }

  private static Slot[] rows(Decoding decoding, int operand, Type type, int count, boolean target) {
    List<Operand> elements = decoding.elements(operand);
    if (elements.size() != count) {
      throw decoding.refuse("it needs %d values".formatted(count));
    }
    return elements.stream()
        .map(
            element ->
                target
                    ? decoding.target(element, type, true)
                    : decoding.source(element, type, true))
        .toArray(Slot[]::new);
  }

  /** prefetch: nothing that could be seen. */
  static @Nullable Instruction prefetch(Decoding decoding) {
    Spaces.take(decoding);
    decoding.oneOf("", "L1", "L2", "L2::evict_last", "L2::evict_normal");
    decoding.done(1);
    return null;
  }

  // ---- Atomics

  static Instruction atomic(Decoding decoding, boolean result) {
    String order = decoding.oneOf("", "relaxed", "acquire", "release", "acq_rel");
    decoding.oneOf("", SCOPES);
    Space space = Spaces.take(decoding);
    if (space != Space.GENERIC && space != Space.GLOBAL && space != Space.SHARED) {
      throw decoding.refuse("atomics are in global or shared memory");
    }
    if (!result && order.startsWith("acq")) {
      throw decoding.refuse("red does not acquire");
    }
    String op =
        result
            ? decoding.require("and", "or", "xor", "cas", "exch", "add", "inc", "dec", "min", "max")
            : decoding.require("and", "or", "xor", "add", "inc", "dec", "min", "max");
    boolean noFlush = decoding.take("noftz");
    Type type = decoding.type(Atomics.types(op));
    if (noFlush != HalfArithmetic.isHalf(type)) {
      throw decoding.refuse(".noftz goes with halves and only with them");
    }
    int first = result ? 1 : 0;
    boolean swap = op.equals("cas");
    decoding.done(first + (swap ? 3 : 2));
    if (space != Space.SHARED) {
      decoding.builder().orderBlocks();
    }
    Slot target = result ? decoding.target(0, type) : null;
    Slot b = decoding.source(first + 1, type);
    Slot c = swap ? decoding.source(first + 2, type) : b;
    return new Atomic(
        place(decoding, first, space), type.bytes(), Atomics.update(op, type), target, b, c);
  }

  // ---- cp.async

  static @Nullable Instruction copyAsync(Decoding decoding) {
    if (!decoding.take("async")) {
      throw decoding.refuse("cp is known as cp.async only");
    }
    if (decoding.take("commit_group")) {
      decoding.done(0);
      return new CopyControl(CopyControl.COMMIT);
    }
    if (decoding.take("wait_all")) {
      decoding.done(0);
      return new CopyControl(CopyControl.ALL);
    }
    if (decoding.take("wait_group")) {
      decoding.done(1);
      return new CopyControl((int) decoding.immediate(0, "the number of groups", 0, 1 << 20));
    }
    boolean bypass = decoding.require("ca", "cg").equals("cg");
    decoding.require("shared", "shared::cta");
    decoding.require("global");
    decoding.oneOf("", PREFETCH_SIZES);
    decoding.done();
    decoding.count(3, 4);
    int size = (int) decoding.immediate(2, "the size", 4, 16);
    if (!Arrays.asList(4, 8, 16).contains(size) || (bypass && size != 16)) {
      throw decoding.refuse("it copies 16 bytes, or 4 or 8 with .ca");
    }
    Slot sourceSize = decoding.operands() == 4 ? decoding.source(3, Type.U32) : null;
    return new CopyAsync(
        place(decoding, 0, Space.SHARED), place(decoding, 1, Space.GLOBAL), size, sourceSize);
  }
}
