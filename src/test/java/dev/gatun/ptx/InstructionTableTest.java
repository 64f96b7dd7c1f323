package dev.gatun.ptx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/**
 * Instructions give the bits that exact rational arithmetic gives. Each case runs on one lane,
 * which computes lane by lane, and on all 32, which computes whole rows.
 */
class InstructionTableTest {
  private static final int CASES_PER_KERNEL = 250;

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Case(String instruction, String kinds, long[] operands, long result) {}

  @Test
  void everyCaseHasItsBits() throws IOException {
    List<Case> cases = cases();
    assertTrue(cases.size() > 2_000, "cases in the table: " + cases.size());
    List<String> wrong = new ArrayList<>();
    for (int from = 0; from < cases.size(); from += CASES_PER_KERNEL) {
      List<Case> part = cases.subList(from, Math.min(cases.size(), from + CASES_PER_KERNEL));
      wrong.addAll(run(part, 1));
      wrong.addAll(run(part, 32));
    }
    assertEquals(List.of(), wrong);
  }

  private static List<String> run(List<Case> cases, int threads) {
    String text =
        Snippet.kernel(
            cases.stream().map(Case::instruction).toList(),
            cases.stream().map(Case::kinds).toList());
    long[] operands = cases.stream().flatMapToLong(one -> Arrays.stream(one.operands)).toArray();
    long[] results = Snippet.run(text, threads, operands, cases.size());
    List<String> wrong = new ArrayList<>();
    for (int i = 0; i < results.length; i++) {
      Case one = cases.get(i);
      if (results[i] != one.result) {
        wrong.add(
            "%s of %s is %x and should be %x (%d threads)"
                .formatted(one.instruction, hex(one.operands), results[i], one.result, threads));
      }
    }
    return wrong;
  }

  private static List<String> hex(long[] values) {
    return Arrays.stream(values).mapToObj(Long::toHexString).toList();
  }

  private static List<Case> cases() throws IOException {
    try (InputStream in =
        Objects.requireNonNull(
            InstructionTableTest.class.getResourceAsStream("/ptx/instructions.tsv"))) {
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return text.lines().filter(line -> !line.startsWith("#")).map(line -> parse(line)).toList();
    }
  }

  private static Case parse(String line) {
    String[] cells = line.split("\t", -1);
    long[] operands =
        Arrays.stream(cells[2].split(" ", -1))
            .mapToLong(word -> Long.parseUnsignedLong(word, 16))
            .toArray();
    return new Case(cells[0], cells[1], operands, Long.parseUnsignedLong(cells[3], 16));
  }
}
