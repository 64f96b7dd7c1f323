package dev.gatun.ptx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.gatun.core.DataException;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What is not known is refused when it is loaded, with line and text; nothing else is thrown. */
@SuppressWarnings("OrphanedFormatString")
class RefusalTest {

  private static void load(String text) {
    try (Emulator emulator = Snippet.emulator()) {
      emulator.load(PtxModule.parse("test.ptx", text));
    }
  }

  @TestFactory
  Stream<DynamicTest> instructions() {
    return Stream.of(
            "wmma.load.a.sync.aligned.row.m16n16k16.f16 {%o}, [%in];",
            "tex.2d.v4.f32.s32 {%a1, %a2, %a3, %a4}, [%in, {%a5, %a6}];",
            "add.rz.s32 %o, %o, 1;",
            "add.f32.rn %o, %o, %o;",
            "add.f16x4 %o, %o, %o;",
            "add.s32 %o, %o;",
            "add.s32 %o, %o, 1.5;",
            "add.s64 %o, %o, %o;",
            "add.f32 %o, %o, 1;",
            "fma.f32 %o, %o, %o, %o;",
            "mul.s32 %o, %o, %o;",
            "setp.lo.s32 %p1, %o, %o;",
            "cvt.s32.f32 %o, %o;",
            "cvt.rn.s32.f32 %o, %o;",
            "cvt.rn.f32.f16 %o, %o;",
            "ld.global.u32 %p1, [%in];",
            "ld.shared.u32 %o, [lacking];",
            "ld.global.v8.f32 {%o}, [%in];",
            "st.const.u32 [%in], %o;",
            "mov.u32 %o, %unknown;",
            "bra NOWHERE;",
            "call (%o), nobody, (%o);",
            "atom.global.add.f16 %o, [%in], %o;",
            "mma.sync.aligned.m8n8k128.row.col.s32.b1.b1.s32 {%o}, {%o}, {%o}, {%o};",
            "vadd.u32.u32.u32 %o, %o, %o;",
            "cp.async.bulk.commit_group;",
            "mbarrier.init.shared.b64 [%in], 1;",
            "nonsense;",
            "mov.b32 %o, 1.0;",
            "mov.b32 %o, 0d3FF0000000000000;",
            "mov.b64 %w1, 0f3F800000;",
            "mov.u32 %o, %clock64;",
            "membar.gl %o;",
            "fence.proxy.async;",
            "ld.global.L2::cache_hint.u32 %o, [%in], %w1;",
            "st.global.nc.u32 [%in], %o;",
            "ld.global.relu.f32 %o, [%in];",
            "add.noftz.f32 %o, %o, %o;",
            "lop3.or.b32 %o|%p1, %o, %o, %o, 1, %p2;",
            "red.async.add.u32 [%in], %o;",
            "setp.lt.ftz.s32 %p1, %o, %o;",
            "set.eq.ftz.u32.b32 %o, %o, %o;",
            "min.ftz.bf16x2 %o, %o, %o;",
            "fma.rn.sat.relu.f16x2 %o, %o, %o, %o;",
            "cvt.rni.s32.s32 %o, %o;",
            "ld.global.wt.u32 %o, [%in];",
            "st.global.ca.u32 [%in], %o;",
            "exit.uni;",
            "barrier.cluster.arrive;",
            "mov.u32 o, 1;")
        .map(instruction -> dynamicTest(instruction, () -> refused(instruction)));
  }

  private static void refused(String instruction) {
    String text = Snippet.threads("", instruction + "\n");
    long line = text.lines().takeWhile(one -> !one.equals(instruction)).count() + 1;
    DataException refusal = assertThrows(DataException.class, () -> load(text));
    String message = String.valueOf(refusal.getMessage());
    assertTrue(message.startsWith("test.ptx:" + line + ": "), () -> message);
  }

  @TestFactory
  Stream<DynamicTest> modules() {
    return Stream.of(
            "",
            ".version 7.0",
            ".version x\n.target sm_80\n",
            ".version 7.0\n.target gfx90\n",
            Snippet.HEADER + ".entry k( {",
            Snippet.HEADER + ".entry k() { ret; ",
            Snippet.HEADER + ".entry k() { ret; } .entry k() { ret; }",
            Snippet.HEADER + ".global .u32 x[99999999999];",
            Snippet.HEADER + ".global .u8 x[2] = {1, 2, 3};",
            Snippet.HEADER + ".global .u64 x[1] = {y};",
            Snippet.HEADER + ".entry k() { .reg .b32 %r<-1>; ret; }",
            Snippet.HEADER + ".entry k() { L: L: ret; }",
            Snippet.HEADER + ".tex .u64 t;",
            Snippet.HEADER + ".global .f32 x[2] = {1, 2};",
            Snippet.HEADER + ".global .f64 x[1] = {0f3F800000};",
            Snippet.HEADER + ".global .f16 x[1] = {1.0};",
            Snippet.HEADER
                + ".func f(.param .b32 a) { .reg .b64 %r; mov.b64 %r, a; ret; }"
                + ".entry k() { .param .b32 p; call f, (p); ret; }",
            Snippet.HEADER + "/* no end",
            Snippet.HEADER + "#pragma",
            Snippet.HEADER + ".func f() { call f; ret; } .entry k() { call f; ret; }",
            Snippet.HEADER + ".entry k() { .reg .b32 %r; mov.u32 %r, " + "(".repeat(9999) + "; }")
        .map(
            text ->
                dynamicTest(
                    "text " + text.substring(0, Math.min(80, text.length())),
                    () -> assertThrows(DataException.class, () -> load(text))));
  }

  /** Whatever the compiler makes of the parser by then: on a quarter of the usual stack. */
  @Test
  void deepExpressionsDoNotFillTheStack() throws InterruptedException {
    String constant = "(".repeat(9999);
    String text = Snippet.HEADER + ".entry k() { .reg .b32 %r; mov.u32 %r, " + constant + "; }";
    AtomicInteger refused = new AtomicInteger();
    Runnable parse =
        () -> {
          assertThrows(DataException.class, () -> PtxModule.parse("test.ptx", text));
          refused.incrementAndGet();
        };
    for (int i = 0; i < 200; i++) {
      Thread thread = new Thread(null, parse, "small stack", 256 << 10);
      thread.start();
      thread.join();
    }
    assertEquals(200, refused.get());
  }

  /** Damaged files are refused or load; they do not break the emulator. */
  @Test
  void damagedTextIsRefusedOrLoads() {
    String good =
        Snippet.threads(
            ".shared .align 16 .b8 buffer[256];\n.global .f32 table[3] = {0f3F800000, 1.5, -2e3};\n",
            """
            @%p1 bra END;
            ld.global.v2.f32 {%a1, %a2}, [%in+8];
            setp.lt.and.s32 %p2|%p3, %a1, 5, !%p1;
            shfl.sync.bfly.b32 %a3|%p4, %a1, 1, 31, -1;
            mov.b64 {%a4, %a5}, %w1;
            END:
            """);
    Random random = new Random(1);
    int refused = 0;
    for (int i = 0; i < 3000; i++) {
      StringBuilder text = new StringBuilder(good);
      for (int k = 0; k <= random.nextInt(3); k++) {
        int at = random.nextInt(text.length());
        switch (random.nextInt(3)) {
          case 0 -> text.deleteCharAt(at);
          case 1 -> text.setCharAt(at, good.charAt(random.nextInt(good.length())));
          default -> text.insert(at, good.charAt(random.nextInt(good.length())));
        }
      }
      try {
        load(text.toString());
      } catch (DataException e) {
        refused++;
      }
    }
    assertTrue(refused > 1000, "refused: " + refused);
  }
}
