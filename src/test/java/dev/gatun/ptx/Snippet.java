package dev.gatun.ptx;

import dev.gatun.device.Command.Dim3;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** Runs PTX for tests. */
@SuppressWarnings("OrphanedFormatString") // registers begin with a percent sign
final class Snippet {
  static final String HEADER = ".version 7.0\n.target sm_80\n.address_size 64\n";

  private Snippet() {}

  /** An emulator with all checks, in natural order, on one thread. */
  static Emulator emulator() {
    return new Emulator(new Options(true, 0, 1));
  }

  /**
   * A kernel {@code k} that applies instructions, one after the other, each to its own operands. It
   * reads operands and writes results in slots of 8 bytes.
   *
   * @param kinds of registers per instruction, result first: h, r, d, p
   */
  static String kernel(List<String> instructions, List<String> kinds) {
    StringBuilder text = new StringBuilder(HEADER);
    text.append(".visible .entry k(.param .u64 in, .param .u64 out)\n{\n");
    text.append(".reg .b64 %in, %out;\n.reg .b32 %t;\n");
    text.append("ld.param.u64 %in, [in];\nld.param.u64 %out, [out];\n");
    int slot = 0;
    for (int i = 0; i < instructions.size(); i++) {
      String kind = kinds.get(i);
      text.append("{\n");
      StringBuilder operands = new StringBuilder("%x0");
      declare(text, kind.charAt(0), 0);
      for (int k = 1; k < kind.length(); k++) {
        declare(text, kind.charAt(k), k);
        load(text, kind.charAt(k), k, 8 * slot++);
        operands.append(", %x").append(k);
      }
      String[] parts = instructions.get(i).split(" #", 2);
      operands.append(parts.length > 1 ? ", " + parts[1] : "");
      text.append(parts[0]).append(' ').append(operands).append(";\n");
      store(text, kind.charAt(0), 8 * i);
      text.append("}\n");
    }
    return text.append("ret;\n}\n").toString();
  }

  private static void declare(StringBuilder text, char kind, int k) {
    String type =
        switch (kind) {
          case 'h' -> "b16";
          case 'r' -> "b32";
          case 'd' -> "b64";
          default -> "pred";
        };
    text.append(".reg .").append(type).append(" %x").append(k).append(";\n");
  }

  private static void load(StringBuilder text, char kind, int k, int offset) {
    if (kind == 'p') {
      text.append("ld.global.b32 %t, [%in+").append(offset).append("];\n");
      text.append("setp.ne.s32 %x").append(k).append(", %t, 0;\n");
      return;
    }
    text.append("ld.global.").append(type(kind)).append(" %x").append(k);
    text.append(", [%in+").append(offset).append("];\n");
  }

  private static void store(StringBuilder text, char kind, int offset) {
    if (kind == 'p') {
      text.append("selp.b32 %t, 1, 0, %x0;\n");
      text.append("st.global.b32 [%out+").append(offset).append("], %t;\n");
      return;
    }
    text.append("st.global.").append(type(kind)).append(" [%out+").append(offset);
    text.append("], %x0;\n");
  }

  private static String type(char kind) {
    return kind == 'h' ? "b16" : kind == 'r' ? "b32" : "b64";
  }

  /** Runs an entry {@code k(in, out)} of a text on one block and returns {@code out}. */
  static long[] run(String text, int threads, long[] in, int results) {
    try (Emulator emulator = emulator()) {
      Kernel kernel = emulator.load(PtxModule.parse("test.ptx", text)).kernel("k");
      long input = emulator.allocate(Math.max(8L, 8L * in.length), "in");
      emulator.write(input, MemorySegment.ofArray(in));
      long output = emulator.allocate(8L * results, "out");
      emulator.fill(output, 8L * results, (byte) 0);
      byte[] parameters = parameters(input, output);
      emulator.launch(kernel, new Dim3(1, 1, 1), new Dim3(threads, 1, 1), 0, parameters);
      long[] out = new long[results];
      emulator.read(output, MemorySegment.ofArray(out));
      return out;
    }
  }

  /** The same for a body with 32-bit results, one per thread: {@code %tid}, {@code %o} are set. */
  static int[] body(String declarations, String body, int threads) {
    String text = threads(declarations, body);
    long[] out = run(text, threads, new long[] {0}, (threads + 1) / 2);
    int[] words = new int[threads];
    for (int i = 0; i < threads; i++) {
      words[i] = (int) (out[i / 2] >>> (32 * (i % 2)));
    }
    return words;
  }

  /** A kernel whose body finds the number of the thread in %tid and leaves a result in %o. */
  static String threads(String declarations, String body) {
    return HEADER
        + declarations
        + """
        .visible .entry k(.param .u64 in, .param .u64 out)
        {
        .reg .b64 %in, %out, %at;
        .reg .b32 %tid, %o, %a<20>;
        .reg .b64 %w<20>;
        .reg .pred %p<10>;
        ld.param.u64 %in, [in];
        ld.param.u64 %out, [out];
        mov.u32 %tid, %tid.x;
        mov.u32 %o, 0;
        mul.wide.u32 %at, %tid, 4;
        add.s64 %at, %out, %at;
        """
        + body
        + "st.global.u32 [%at], %o;\nret;\n}\n";
  }

  static byte[] parameters(long... values) {
    ByteBuffer bytes = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (long value : values) {
      bytes.putLong(value);
    }
    return bytes.array();
  }

  /** Findings of a body, run with a seed; a fault counts as one. */
  static List<Finding> findings(String declarations, String body, int threads) {
    List<Finding> all = new ArrayList<>();
    try (Emulator emulator = emulator()) {
      PtxModule module = PtxModule.parse("test.ptx", threads(declarations, body));
      Kernel kernel = emulator.load(module).kernel("k");
      long input = emulator.allocate(64, "in");
      long output = emulator.allocate(4L * threads, "out");
      try {
        emulator.launch(
            kernel, new Dim3(1, 1, 1), new Dim3(threads, 1, 1), 0, parameters(input, output));
      } catch (KernelFault fault) {
        all.add(fault.finding());
      }
      all.addAll(emulator.findings());
    }
    return all;
  }
}
