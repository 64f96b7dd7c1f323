package dev.gatun.ptx;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** Parses declarations of variables with their initial values. */
final class VariableParser {
  private static final long LARGEST = 1L << 31;

  private final Cursor cursor;
  private final List<Variable.Address> addresses = new ArrayList<>();

  VariableParser(Cursor cursor) {
    this.cursor = cursor;
  }

  /** A declaration of one or more variables, up to its semicolon. */
  List<Variable> declaration(boolean external) {
    Space space = space();
    int align = 0;
    int vector = 1;
    while (cursor.at(".align") || cursor.at(".v2") || cursor.at(".v4") || cursor.at(".attribute")) {
      String directive = cursor.next().text();
      switch (directive) {
        case ".align" -> align = align();
        case ".v2" -> vector = 2;
        case ".v4" -> vector = 4;
        default -> throw cursor.refuse(directive + " is not supported");
      }
    }
    Type type = cursor.type();
    List<Variable> variables = new ArrayList<>();
    do {
      variables.add(named(space, type, vector, align, external));
    } while (cursor.take(","));
    cursor.expect(";");
    return variables;
  }

  /** A formal parameter. */
  Variable one() {
    Space space = space();
    int align = cursor.take(".align") ? align() : 0;
    Type type = cursor.type();
    if (cursor.take(".ptr")) {
      while (cursor.peek().text().startsWith(".")) {
        if (cursor.next().is(".align")) {
          align();
        }
      }
    }
    return named(space, type, 1, align, false);
  }

  private Space space() {
    String word = cursor.next().text();
    return switch (word) {
      case ".global" -> Space.GLOBAL;
      case ".const" -> Space.CONST;
      case ".shared" -> Space.SHARED;
      case ".local" -> Space.LOCAL;
      case ".param" -> Space.PARAM;
      default -> throw cursor.refuse("\"" + word + "\" is no state space");
    };
  }

  private int align() {
    long align = cursor.integer("an alignment", 1, 4096);
    if (Long.bitCount(align) != 1) {
      throw cursor.refuse("an alignment is a power of two");
    }
    return (int) align;
  }

  private Variable named(Space space, Type type, int vector, int align, boolean external) {
    String name = cursor.word("the name of a variable");
    int element = Math.max(1, type.bytes()) * vector;
    long bytes = element;
    boolean open = false;
    if (cursor.take("<")) {
      throw cursor.refuse("ranges are for registers");
    }
    while (cursor.take("[")) {
      if (cursor.take("]")) {
        open = true;
        bytes = 0;
      } else {
        bytes *= cursor.integer("an array size", 0, LARGEST);
        if (bytes > LARGEST) {
          throw cursor.refuse("an array has at most 2^31 bytes");
        }
        cursor.expect("]");
      }
    }
    byte[] initial = new byte[0];
    if (cursor.take("=")) {
      initial = initial(type, open ? LARGEST : bytes);
      bytes = Math.max(bytes, initial.length);
    } else if (open && !external) {
      throw cursor.refuse("\"" + name + "\" needs a size");
    }
    return new Variable(
        name, space, type, Math.max(align, element), bytes, external, initial, addresses());
  }

  private List<Variable.Address> addresses() {
    List<Variable.Address> found = List.copyOf(addresses);
    addresses.clear();
    return found;
  }

  private byte[] initial(Type type, long limit) {
    ByteBuffer bytes = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
    int open = 0;
    do {
      while (cursor.take("{")) {
        open++;
      }
      if (!cursor.at("}")) {
        bytes = value(bytes, type);
      }
      while (cursor.take("}")) {
        if (--open < 0) {
          throw cursor.refuse("a brace too many");
        }
      }
    } while (open > 0 && takeComma());
    if (bytes.position() > limit) {
      throw cursor.refuse("there are more initial values than the variable holds");
    }
    byte[] exact = new byte[bytes.position()];
    bytes.flip().get(exact);
    return exact;
  }

  private boolean takeComma() {
    cursor.expect(",");
    return true;
  }

  private ByteBuffer value(ByteBuffer bytes, Type type) {
    ByteBuffer target = bytes;
    if (target.remaining() < 8) {
      target =
          ByteBuffer.allocate(2 * bytes.capacity())
              .order(ByteOrder.LITTLE_ENDIAN)
              .put(bytes.flip());
    }
    if (cursor.peek().kind() == Token.Kind.WORD) {
      address(target, type);
      return target;
    }
    Operand constant = cursor.constant();
    boolean word = type == Type.B32 && constant instanceof Operand.Real;
    String misfit = word ? "" : Constants.misfit(constant, type);
    if (!misfit.isEmpty()) {
      throw cursor.refuse("an initial value before this: " + misfit);
    }
    long bits = Constants.bits(constant, type);
    switch (type.bytes()) {
      case 1 -> target.put((byte) bits);
      case 2 -> target.putShort((short) bits);
      case 4 -> target.putInt((int) bits);
      case 8 -> target.putLong(bits);
      default -> throw cursor.refuse("a variable of type ." + type + " has no initial value");
    }
    return target;
  }

  private void address(ByteBuffer target, Type type) {
    if (type.bytes() != 8) {
      throw cursor.refuse("an address fills 64 bits");
    }
    boolean generic = cursor.take("generic");
    if (generic) {
      cursor.expect("(");
    }
    String name = cursor.word("a variable");
    if (generic) {
      cursor.expect(")");
    }
    long addend = cursor.at("+") || cursor.at("-") ? signedOffset() : 0;
    addresses.add(new Variable.Address(target.position(), name, addend));
    target.putLong(0);
  }

  private long signedOffset() {
    return cursor.integer("an offset", Integer.MIN_VALUE, Integer.MAX_VALUE);
  }
}
