package dev.gatun.ptx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Divergence, calls, barriers and the instructions of whole warps. */
@SuppressWarnings("OrphanedFormatString")
class ControlFlowTest {

  @Test
  void lanesLoopEachAsOftenAsTheyWant() {
    int[] sums =
        Snippet.body(
            "",
            """
            mov.u32 %a1, 0;
            LOOP:
            setp.ge.u32 %p1, %a1, %tid;
            @%p1 bra DONE;
            add.u32 %a1, %a1, 1;
            add.u32 %o, %o, %a1;
            and.b32 %a2, %a1, 1;
            setp.eq.u32 %p2, %a2, 0;
            @!%p2 bra LOOP;
            add.u32 %o, %o, 100;
            bra.uni LOOP;
            DONE:
            """,
            70);
    int[] expected = IntStream.range(0, 70).map(t -> t * (t + 1) / 2 + 100 * (t / 2)).toArray();
    assertArrayEquals(expected, sums);
  }

  @Test
  void lanesMeetAgainAfterABranch() {
    int[] masks =
        Snippet.body(
            "",
            """
            and.b32 %a1, %tid, 1;
            setp.eq.u32 %p1, %a1, 0;
            @%p1 bra EVEN;
            activemask.b32 %a2;
            bra.uni JOIN;
            EVEN:
            activemask.b32 %a2;
            JOIN:
            activemask.b32 %a3;
            not.b32 %a3, %a3;
            or.b32 %o, %a2, %a3;
            """,
            32);
    assertEquals(0x55555555, masks[0]);
    assertEquals(0xaaaaaaaa, masks[1]);
  }

  @Test
  void aTableSendsLanesToTheirTargets() {
    int[] results =
        Snippet.body(
            "",
            """
            ts: .branchtargets L0, L1, L2;
            rem.u32 %a1, %tid, 3;
            brx.idx %a1, ts;
            L0: mov.u32 %o, 10; bra END;
            L1: mov.u32 %o, 11; bra END;
            L2: mov.u32 %o, 12;
            END:
            """,
            32);
    assertArrayEquals(IntStream.range(0, 32).map(t -> 10 + t % 3).toArray(), results);
  }

  @Test
  void functionsReturnThroughParametersAndRegisters() {
    String functions =
        """
        .func (.param .b32 r) twice(.param .b32 x)
        {
        .reg .b32 %v;
        .reg .pred %q;
        ld.param.b32 %v, [x];
        setp.gt.u32 %q, %v, 20;
        @%q bra BIG;
        add.u32 %v, %v, %v;
        st.param.b32 [r], %v;
        ret;
        BIG:
        mov.u32 %v, 0;
        st.param.b32 [r], %v;
        ret;
        }
        .func (.reg .b32 r) next(.reg .b32 x) { add.u32 r, x, 1; ret; }
        """;
    int[] results =
        Snippet.body(
            functions,
            """
            {
            .param .b32 pa; .param .b32 pr;
            st.param.b32 [pa], %tid;
            call (pr), twice, (pa);
            ld.param.b32 %o, [pr];
            }
            setp.ne.u32 %p1, %tid, 5;
            @%p1 call (%o), next, (%o);
            """,
            32);
    int[] expected =
        IntStream.range(0, 32).map(t -> (t > 20 ? 0 : 2 * t) + (t == 5 ? 0 : 1)).toArray();
    assertArrayEquals(expected, results);
  }

  @Test
  void aBarrierOrdersSharedMemory() {
    int[] results =
        Snippet.body(
            ".shared .align 4 .b8 buffer[1024];\n",
            """
            mov.u32 %a1, buffer;
            mad.lo.u32 %a2, %tid, 4, %a1;
            mul.lo.u32 %a3, %tid, 7;
            st.shared.u32 [%a2], %a3;
            bar.sync 0;
            sub.u32 %a4, 255, %tid;
            mad.lo.u32 %a5, %a4, 4, %a1;
            ld.shared.u32 %o, [%a5];
            """,
            256);
    assertArrayEquals(IntStream.range(0, 256).map(t -> 7 * (255 - t)).toArray(), results);
  }

  @Test
  void eachThreadHasItsOwnLocalMemory() {
    int[] results =
        Snippet.body(
            "",
            """
            .local .align 4 .b8 own[64];
            mov.u64 %w1, own;
            cvta.local.u64 %w2, %w1;
            st.local.u32 [own+8], %tid;
            bar.sync 0;
            ld.u32 %a1, [%w2+8];
            ld.local.u32 %a2, [%w1+8];
            mad.lo.u32 %o, %a2, 1000, %a1;
            """,
            96);
    assertArrayEquals(IntStream.range(0, 96).map(t -> 1001 * t).toArray(), results);
  }

  @Test
  void aBarrierCountsPredicates() {
    int[] results =
        Snippet.body(
            "",
            """
            setp.lt.u32 %p1, %tid, 40;
            bar.red.popc.u32 %o, 0, %p1;
            bar.red.and.pred %p2, 0, %p1;
            bar.red.or.pred %p3, 0, %p1;
            @%p2 add.u32 %o, %o, 1000;
            @%p3 add.u32 %o, %o, 2000;
            """,
            96);
    assertEquals(2040, results[0]);
    assertEquals(2040, results[95]);
  }

  @Test
  void shufflesStayInTheirSegment() {
    String shuffle =
        "shfl.sync.%s.b32 %%o|%%p1, %%tid, %s, %s, -1;\n@!%%p1 add.u32 %%o, %%o, 100;\n";
    assertEquals(104, lane(4, shuffle.formatted("up", "5", "0")));
    assertEquals(4, lane(9, shuffle.formatted("up", "5", "0")));
    assertEquals(20, lane(15, shuffle.formatted("down", "5", "0x1f")));
    assertEquals(115, lane(15, shuffle.formatted("down", "5", "0x181f")));
    assertEquals(12, lane(15, shuffle.formatted("bfly", "3", "0x1f")));
    assertEquals(19, lane(20, shuffle.formatted("idx", "3", "0x101f")));
  }

  private static int lane(int lane, String body) {
    return Snippet.body("", body, 32)[lane];
  }

  @Test
  void votesMatchesAndReductionsSeeAllLanes() {
    assertEquals(
        0x0000ffff, lane(3, "setp.lt.u32 %p1, %tid, 16; vote.sync.ballot.b32 %o, %p1, -1;\n"));
    assertEquals(0x11111111, lane(8, "and.b32 %a1, %tid, 3; match.any.sync.b32 %o, %a1, -1;\n"));
    assertEquals(496, lane(8, "redux.sync.add.u32 %o, %tid, -1;\n"));
    assertEquals(31, lane(8, "redux.sync.or.b32 %o, %tid, -1;\n"));
    assertEquals(
        1,
        lane(
            2,
            """
            setp.ge.u32 %p1, %tid, 0;
            vote.sync.all.pred %p2, %p1, -1;
            selp.u32 %o, 1, 0, %p2;
            """));
  }

  @Test
  void halvesOfAWarpSynchroniseApart() {
    int[] results =
        Snippet.body(
            "",
            """
            setp.lt.u32 %p1, %tid, 16;
            selp.b32 %a1, 0xffff, 0xffff0000, %p1;
            shfl.sync.idx.b32 %o, %tid, 0, 0x101f, %a1;
            @%p1 bra LOW;
            bar.warp.sync -1;
            bra END;
            LOW:
            bar.warp.sync -1;
            END:
            """,
            32);
    assertEquals(0, results[15]);
    assertEquals(16, results[31]);
  }

  @Test
  void aLockInsideAWarpIsPassedOn() {
    int[] results =
        Snippet.body(
            ".global .u32 lock = 0;\n.global .u32 count = 0;\n",
            """
            SPIN:
            atom.global.cas.b32 %a1, [lock], 0, 1;
            setp.ne.u32 %p1, %a1, 0;
            @%p1 bra SPIN;
            ld.global.u32 %o, [count];
            add.u32 %o, %o, 1;
            st.global.u32 [count], %o;
            atom.global.exch.b32 %a2, [lock], 0;
            """,
            64);
    assertEquals(64 * 65 / 2, IntStream.of(results).sum());
  }

  @Test
  void atomicsAddUp() {
    int[] results =
        Snippet.body(
            ".global .u32 counter = 5;\n",
            """
            atom.global.add.u32 %o, [counter], 2;
            bar.sync 0;
            red.global.max.u32 [counter], 1000;
            bar.sync 0;
            ld.global.u32 %a1, [counter];
            add.u32 %o, %o, %a1;
            """,
            64);
    assertEquals(64 * 1005 + 2 * 63 * 64 / 2, IntStream.of(results).sum());
  }

  @Test
  void carriesRunThroughWords() {
    int[] sums =
        Snippet.body(
            "",
            """
            sub.u32 %a1, 0xfffffff0, 0;
            add.cc.u32 %a2, %a1, %tid;
            addc.cc.u32 %a3, 0xffffffff, 0;
            addc.u32 %a4, 0, 7;
            sub.cc.u32 %a5, %tid, 16;
            subc.u32 %a6, 100, 0;
            mad.lo.cc.u32 %a7, %a1, 2, 0x20;
            madc.hi.u32 %a8, %a1, 2, 0;
            mad.lo.u32 %o, %a4, 1000, %a6;
            mad.lo.u32 %o, %a8, 100000, %o;
            """,
            32);
    int[] expected =
        IntStream.range(0, 32)
            .map(t -> 200_000 + (t >= 16 ? 8000 : 7000) + (t >= 16 ? 100 : 99))
            .toArray();
    assertArrayEquals(expected, sums);
  }

  @Test
  void aCarryAfterADifferenceSaysThatNothingWasBorrowed() {
    int[] carries = Snippet.body("", "sub.cc.u32 %a1, %tid, 16;\naddc.u32 %o, 0, 0;\n", 32);
    assertArrayEquals(IntStream.range(0, 32).map(t -> t >= 16 ? 1 : 0).toArray(), carries);
  }

  @Test
  void predicatesHaveConstants() {
    int[] results =
        Snippet.body(
            "",
            """
            mov.pred %p1, 0;
            mov.pred %p2, -1;
            @%p1 add.u32 %o, %o, 1;
            @%p2 add.u32 %o, %o, 2;
            """,
            33);
    assertArrayEquals(IntStream.range(0, 33).map(t -> 2).toArray(), results);
  }

  @Test
  void constantsAreComputedAsTheirSignSays() {
    int[] results =
        Snippet.body(
            ".global .b32 one = 1.0;\n",
            """
            mov.u64 %w1, 0xffffffffffffffff / 2;
            mov.b64 {_, %a1}, %w1;
            mov.u64 %w2, -8 >> 1;
            mov.b64 {%a2, _}, %w2;
            mov.u32 %a3, 7U >> 1 | 16 & 24 ^ 1;
            ld.global.b32 %a4, [one];
            setp.eq.u32 %p1, %a1, 0x7fffffff;
            setp.eq.and.u32 %p1, %a2, -4, %p1;
            setp.eq.and.u32 %p1, %a3, 19, %p1;
            setp.eq.and.u32 %p1, %a4, 0x3f800000, %p1;
            selp.u32 %o, 1, 0, %p1;
            """,
            1);
    assertEquals(1, results[0]);
  }

  @Test
  void sixteenBitsOfASpecialRegister() {
    int[] results =
        Snippet.body("", ".reg .b16 %h;\nmov.u16 %h, %ntid.x;\ncvt.u32.u16 %o, %h;\n", 3);
    assertEquals(3, results[2]);
  }
}
