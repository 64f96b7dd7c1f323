package dev.gatun.ptx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.core.ConfigurationException;
import dev.gatun.device.Command.Dim3;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Each kind of finding, with where it is. */
@SuppressWarnings("OrphanedFormatString")
class SanitizerTest {
  private static final String SHARED = ".shared .align 16 .b8 buffer[256];\n";

  private static Finding only(Finding.Kind kind, String declarations, String body, int threads) {
    List<Finding> findings = Snippet.findings(declarations, body, threads);
    assertEquals(1, findings.size(), findings::toString);
    assertEquals(kind, findings.getFirst().kind(), findings::toString);
    return findings.getFirst();
  }

  @Test
  void aCleanKernelHasNoFindings() {
    assertEquals(List.of(), Snippet.findings("", "mov.u32 %o, 1;\n", 64));
  }

  @Test
  void outOfBounds() {
    Finding finding = only(Finding.Kind.OUT_OF_BOUNDS, "", "st.global.u32 [%at+64], %o;\n", 32);
    assertEquals(16, finding.lane());
    assertTrue(
        finding.detail().contains("past the end of buffer 'out' of 128 bytes"), finding::detail);
    assertTrue(finding.toString().contains("kernel k, test.ptx:"), finding::toString);
    only(Finding.Kind.OUT_OF_BOUNDS, SHARED, "ld.shared.u32 %o, [buffer+256];\n", 1);
  }

  @Test
  void misaligned() {
    Finding finding = only(Finding.Kind.MISALIGNED, "", "st.global.v2.u32 [%at], {%o, %o};\n", 4);
    assertEquals(1, finding.lane());
  }

  @Test
  void useAfterFree() {
    try (Emulator emulator = Snippet.emulator()) {
      String text = Snippet.threads("", "ld.global.u32 %o, [%in];\n");
      Kernel kernel = emulator.load(PtxModule.parse("test.ptx", text)).kernel("k");
      long in = emulator.allocate(64, "weights");
      long out = emulator.allocate(4, "out");
      emulator.free(in);
      Dim3 one = new Dim3(1, 1, 1);
      KernelFault fault =
          assertThrows(
              KernelFault.class,
              () -> emulator.launch(kernel, one, one, 0, Snippet.parameters(in, out)));
      assertEquals(Finding.Kind.USE_AFTER_FREE, fault.finding().kind());
      assertTrue(fault.finding().detail().contains("'weights'"), fault::getMessage);
    }
  }

  @Test
  void uninitialised() {
    only(Finding.Kind.UNINITIALISED, "", "ld.global.u32 %o, [%in];\n", 32);
    only(Finding.Kind.UNINITIALISED, SHARED, "ld.shared.u32 %o, [buffer];\n", 32);
    only(
        Finding.Kind.UNINITIALISED,
        SHARED,
        "st.shared.u8 [buffer], %o;\nld.shared.u16 %o, [buffer];\n",
        1);
  }

  @Test
  void aCopyOfUninitialisedMemoryIsUninitialised() {
    try (Emulator emulator = Snippet.emulator()) {
      String text = Snippet.threads("", "ld.global.u32 %o, [%in+128];\n");
      Kernel kernel = emulator.load(PtxModule.parse("test.ptx", text)).kernel("k");
      long in = emulator.allocate(256, "in");
      long out = emulator.allocate(4 * 32, "out");
      long never = emulator.allocate(256, "never");
      Dim3 one = new Dim3(1, 1, 1);
      byte[] parameters = Snippet.parameters(in, out);
      emulator.fill(in, 256, (byte) 1);
      for (int i = 0; i < 2; i++) {
        emulator.launch(kernel, one, new Dim3(32, 1, 1), 0, parameters);
        assertEquals(List.of(), emulator.findings());
      }
      emulator.copy(never, in, 256);
      emulator.launch(kernel, one, new Dim3(32, 1, 1), 0, parameters);
      assertEquals(Finding.Kind.UNINITIALISED, emulator.findings().getFirst().kind());
    }
  }

  private static final String NEIGHBOUR =
      """
      mov.u32 %a1, buffer;
      mad.lo.u32 %a2, %tid, 4, %a1;
      st.shared.u32 [%a2], %tid;
      @
      xor.b32 %a3, %tid, 32;
      mad.lo.u32 %a4, %a3, 4, %a1;
      ld.shared.u32 %o, [%a4];
      """;

  @Test
  void aRaceWhereABarrierIsMissing() {
    assertEquals(List.of(), Snippet.findings(SHARED, NEIGHBOUR.replace("@", "bar.sync 0;"), 64));
    List<Finding> findings = Snippet.findings(SHARED, NEIGHBOUR.replace("@\n", ""), 64);
    assertTrue(
        findings.stream()
            .filter(finding -> finding.kind() == Finding.Kind.SHARED_RACE)
            .anyMatch(finding -> finding.detail().matches(".*of 'buffer'.* at test.ptx:\\d+ .*")),
        findings::toString);
  }

  @Test
  void theSameValueFromAllIsNoRace() {
    assertEquals(
        List.of(),
        Snippet.findings(
            SHARED, "st.shared.u32 [buffer], %o;\nbar.sync 0;\nld.shared.u32 %o, [buffer];\n", 64));
  }

  private static boolean races(List<Finding> findings) {
    return findings.stream().anyMatch(finding -> finding.kind() == Finding.Kind.SHARED_RACE);
  }

  @Test
  void aRaceWithAWriteBehindReads() {
    String body =
        """
        mov.u32 %a1, buffer;
        mad.lo.u32 %a2, %tid, 4, %a1;
        st.shared.u32 [%a2], %tid;
        bar.sync 0;
        xor.b32 %a3, %tid, 32;
        mad.lo.u32 %a4, %a3, 4, %a1;
        ld.shared.u32 %o, [%a4];
        @
        st.shared.u32 [%a2], %o;
        """;
    assertEquals(List.of(), Snippet.findings(SHARED, body.replace("@", "bar.sync 0;"), 64));
    assertTrue(races(Snippet.findings(SHARED, body.replace("@\n", ""), 64)));
  }

  @Test
  void aBarrierOfSomeOrdersNobodyElse() {
    String body =
        """
        mov.u32 %a1, buffer;
        mad.lo.u32 %a2, %tid, 4, %a1;
        setp.ge.u32 %p1, %tid, 64;
        @%p1 bra OTHERS;
        st.shared.u32 [%a2], %tid;
        bar.sync 1, @;
        xor.b32 %a3, %tid, 32;
        mad.lo.u32 %a4, %a3, 4, %a1;
        ld.shared.u32 %o, [%a4];
        bra END;
        OTHERS:
        #
        ld.shared.u32 %o, [%a2+-256];
        END:
        """;
    String apart = body.replace("@;", "64;").replace("#\n", "");
    assertEquals(List.of(), Snippet.findings(SHARED, apart, 64));
    assertTrue(races(Snippet.findings(SHARED, apart, 96)));
    String together = body.replace("@;", "96;").replace("#", "bar.sync 1, 96;");
    assertEquals(List.of(), Snippet.findings(SHARED, together, 96));
  }

  /** Warp 0 writes; two others wait for it, read, and say so before it writes again. */
  private static final String HANDED_OVER =
      """
      mov.u32 %a1, buffer;
      and.b32 %a3, %tid, 31;
      mad.lo.u32 %a2, %a3, 4, %a1;
      setp.ge.u32 %p1, %tid, 32;
      @%p1 bra READERS;
      st.shared.u32 [%a2], %tid;
      bar.arrive 1, 96;
      bar.sync 2, 96;
      add.u32 %a4, %tid, 1;
      st.shared.u32 [%a2], %a4;
      bra END;
      READERS:
      bar.sync 1, 96;
      ld.shared.u32 %o, [%a2];
      bar.arrive 2, 96;
      END:
      """;

  @Test
  void whoArrivesHandsOverWhatItDidBefore() {
    assertEquals(List.of(), Snippet.findings(SHARED, HANDED_OVER, 96));
    String unread = HANDED_OVER.replace("bar.sync 2, 96;\n", "").replace("bar.arrive 2, 96;\n", "");
    assertTrue(races(Snippet.findings(SHARED, unread, 96)));
    String late =
        HANDED_OVER.replace(
            "ld.shared.u32 %o, [%a2];\nbar.arrive 2, 96;",
            "bar.arrive 2, 96;\nld.shared.u32 %o, [%a2];");
    assertTrue(races(Snippet.findings(SHARED, late, 96)));
  }

  @Test
  void divergentBarriers() {
    only(
        Finding.Kind.DIVERGENT_BARRIER,
        "",
        """
        setp.lt.u32 %p1, %tid, 7;
        @%p1 bra FIRST;
        bar.sync 0;
        bra END;
        FIRST:
        bar.sync 0;
        END:
        """,
        32);
    Finding ended =
        only(
            Finding.Kind.DIVERGENT_BARRIER,
            "",
            "setp.lt.u32 %p1, %tid, 7;\n@%p1 exit;\nbar.sync 0;\n",
            32);
    assertTrue(ended.detail().contains("0x0000007f"), ended::detail);
  }

  @Test
  void threadsThatWaitForever() {
    Finding finding = only(Finding.Kind.DEADLOCK, "", "bar.sync 1, 64;\n", 32);
    assertTrue(finding.detail().contains("32 threads have come, 64 are"), finding::detail);
  }

  @Test
  void lanesThatAMaskNamesAreMissing() {
    String divergent =
        """
        setp.lt.u32 %p1, %tid, 7;
        @%p1 bra END;
        shfl.sync.idx.b32 %o, %tid, 0, 31, MASK;
        bra END;
        END:
        bar.warp.sync -1;
        """;
    only(Finding.Kind.MISSING_LANES, "", divergent.replace("MASK", "-1"), 32);
    only(Finding.Kind.MISSING_LANES, "", divergent.replace("MASK", "0xff"), 32);
  }

  @Test
  void aShuffleReadsALaneThatIsNotThere() {
    String body =
        """
        setp.ge.u32 %p1, %tid, 16;
        @%p1 bra END;
        shfl.sync.down.b32 %o, %tid, OFFSET, 31, 0xffff;
        END:
        """;
    Finding outside = only(Finding.Kind.MISSING_LANES, "", body.replace("OFFSET", "4"), 32);
    assertEquals(12, outside.lane());
    assertEquals("lane 12 reads lane 16, which is not in the mask", outside.detail());
    assertTrue(outside.toString().contains("kernel k, test.ptx:"), outside::toString);
    assertTrue(outside.toString().contains("block (0,0,0), warp 0, lane 12"), outside::toString);
    String ended = body.replace("bra END", "exit").replace("0xffff", "-1").replace("OFFSET", "9");
    assertEquals(
        "lane 7 reads lane 16, which has ended",
        only(Finding.Kind.MISSING_LANES, "", ended, 32).detail());
    String clamped = body.replace("OFFSET, 31", "4, 0x100f");
    assertEquals(List.of(), Snippet.findings("", clamped, 32));
  }

  @Test
  void traps() {
    Finding finding = only(Finding.Kind.TRAP, "", "setp.eq.u32 %p1, %tid, 3;\n@%p1 trap;\n", 32);
    assertEquals(3, finding.lane());
  }

  @Test
  void constantsAreReadOnly() {
    only(Finding.Kind.READ_ONLY, ".const .u32 c = 1;\n", "mov.u64 %w1, c;\nst.u32 [%w1], %o;\n", 1);
  }

  @Test
  void launchesBeyondTheLimits() {
    try (Emulator emulator = Snippet.emulator()) {
      String text = Snippet.threads("", "");
      Kernel kernel = emulator.load(PtxModule.parse("test.ptx", text)).kernel("k");
      byte[] parameters = Snippet.parameters(0, 0);
      Dim3 one = new Dim3(1, 1, 1);
      List<Runnable> launches =
          List.of(
              () -> emulator.launch(kernel, one, new Dim3(1025, 1, 1), 0, parameters),
              () -> emulator.launch(kernel, new Dim3(1, 65_536, 1), one, 0, parameters),
              () -> emulator.launch(kernel, one, one, 1 << 20, parameters),
              () -> emulator.launch(kernel, one, one, 0, new byte[8]));
      for (Runnable launch : launches) {
        assertThrows(ConfigurationException.class, launch::run);
      }
    }
  }

  @Test
  void anAsynchronousCopyIsLate() {
    String copy =
        """
        st.global.u32 [%at], %tid;
        cp.async.ca.shared.global [buffer], [%at], 4;
        cp.async.commit_group;
        @
        ld.shared.u32 %o, [buffer];
        """;
    assertEquals(
        List.of(), Snippet.findings(SHARED, copy.replace("@", "cp.async.wait_group 0;"), 1));
    only(Finding.Kind.UNINITIALISED, SHARED, copy.replace("@\n", ""), 1);
  }

  /** Of more bytes than it copies the PTX ISA says nothing. */
  @Test
  void anAsynchronousCopyOfMoreBytesThanItHas() {
    String copy =
        """
        st.global.u32 [%at], %tid;
        setp.eq.u32 %p1, %tid, 3;
        selp.b32 %o, @, 4, %p1;
        cp.async.ca.shared.global [buffer], [%at], 4, %o;
        cp.async.wait_all;
        ld.shared.u32 %o, [buffer];
        """;
    assertEquals(List.of(), Snippet.findings(SHARED, copy.replace("@", "3"), 32));
    Finding finding = only(Finding.Kind.UNDEFINED, SHARED, copy.replace("@", "5"), 32);
    assertEquals(3, finding.lane());
    assertTrue(finding.toString().contains("5 bytes for a copy of 4"), finding.toString());
  }

  /** From its beginning on: it may write at any time until it is waited for. */
  @Test
  void anAsynchronousCopyRacesWithReadsThatNoBarrierOrders() {
    String body =
        """
        setp.lt.u32 %p1, %tid, 32;
        setp.eq.u32 %p2, %tid, 0;
        st.global.u32 [%at], %tid;
        @%p2 st.shared.u32 [buffer], %tid;
        bar.sync 0;
        @!%p1 ld.shared.u32 %o, [buffer];
        BETWEEN
        @%p2 cp.async.ca.shared.global [buffer], [%at], 4;
        cp.async.commit_group;
        AFTER
        bar.sync 0;
        cp.async.wait_group 0;
        """;
    String ordered = body.replace("BETWEEN", "bar.sync 0;").replace("AFTER", "");
    assertEquals(List.of(), Snippet.findings(SHARED, ordered, 64));
    only(Finding.Kind.SHARED_RACE, SHARED, body.replace("BETWEEN\n", "").replace("AFTER", ""), 64);
    String after = "@!%p1 ld.shared.u32 %o, [buffer];";
    only(
        Finding.Kind.SHARED_RACE,
        SHARED,
        body.replace("BETWEEN", "bar.sync 0;").replace("AFTER", after),
        64);
  }

  @Test
  void aLoopThatNeverEndsNamesItsLine() {
    String text = Snippet.threads("", "FOREVER:\nadd.u32 %o, %o, 1;\nbra FOREVER;\n");
    try (Emulator emulator = new Emulator(new Options(true, 0, 1, 1000))) {
      Kernel kernel = emulator.load(PtxModule.parse("test.ptx", text)).kernel("k");
      Dim3 one = new Dim3(1, 1, 1);
      long in = emulator.allocate(4, "in");
      KernelFault fault =
          assertThrows(
              KernelFault.class,
              () -> emulator.launch(kernel, one, one, 0, Snippet.parameters(in, in)));
      assertEquals(Finding.Kind.ENDLESS, fault.finding().kind());
      String message = String.valueOf(fault.getMessage());
      assertTrue(message.contains("kernel k, test.ptx:"), message);
      assertTrue(message.contains("more than 1,000 instructions"), message);
    }
  }
}
