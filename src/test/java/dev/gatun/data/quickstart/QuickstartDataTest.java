package dev.gatun.data.quickstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.core.Philox;
import dev.gatun.data.InstructionRow;
import dev.gatun.data.quickstart.QuickstartData.Unseen;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntBinaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class QuickstartDataTest {
  private static final QuickstartData DATA = QuickstartData.generate(QuickstartFiles.SEED);

  @Test
  void theSeedDecides() {
    assertEquals(DATA, QuickstartData.generate(QuickstartFiles.SEED));
    assertNotEquals(DATA, QuickstartData.generate(QuickstartFiles.SEED + 1));
  }

  @Test
  void unseenQuestionsAreInNoTrainingText() {
    Set<String> asked = new HashSet<>();
    DATA.train().forEach(row -> asked.add(row.instruction()));
    String corpus = String.join("\n", DATA.corpus());
    Set<String> unseen = new HashSet<>();
    for (Unseen question : DATA.unseen()) {
      String instruction = question.row().instruction();
      assertFalse(asked.contains(instruction), instruction);
      assertFalse(corpus.contains(" " + instruction), instruction);
      assertFalse(corpus.contains("\n" + instruction), instruction);
      assertTrue(unseen.add(instruction), () -> "asked twice: " + instruction);
    }
  }

  /** So that holding an item out holds out every sentence that states it. */
  @Test
  void itemsOfARuleShareNoWording() {
    for (Family family : QuickstartData.families()) {
      if (family instanceof Family.Rule rule) {
        assertSharesNoWording(rule);
      }
    }
  }

  private static void assertSharesNoWording(Family.Rule rule) {
    Set<String> wordings = new HashSet<>();
    for (Item item : rule.draw(new Draw(new Philox(3, 0)), 100)) {
      for (String wording : item.wordings()) {
        assertTrue(wordings.add(wording), rule.name() + ": " + wording);
      }
    }
  }

  @Test
  void everyRuleIsAskedAndEveryFactTaught() {
    Set<String> rules =
        QuickstartData.families().stream()
            .filter(Family.Rule.class::isInstance)
            .map(Family::name)
            .collect(Collectors.toSet());
    Set<String> asked = DATA.unseen().stream().map(Unseen::family).collect(Collectors.toSet());
    assertEquals(rules, asked);
    String corpus = String.join("\n", DATA.corpus());
    Set<InstructionRow> taught = new HashSet<>(DATA.train());
    for (Family family : QuickstartData.families()) {
      if (family instanceof Family.Facts facts) {
        for (Item item : facts.items()) {
          assertTrue(taught.containsAll(item.questions()), facts.name());
          item.wordings().forEach(wording -> assertTrue(corpus.contains(wording), wording));
        }
      }
    }
  }

  @Test
  void everyTextIsOneNonBlankLine() {
    Stream.concat(
            DATA.corpus().stream(),
            Stream.concat(DATA.train().stream(), DATA.unseen().stream().map(Unseen::row))
                .flatMap(row -> Stream.of(row.instruction(), row.output())))
        .forEach(text -> assertTrue(!text.isBlank() && text.lines().count() == 1, text));
  }

  record Sum(Pattern pattern, IntBinaryOperator expected) {
    Sum(String pattern, IntBinaryOperator expected) {
      this(Pattern.compile(pattern), expected);
    }
  }

  static List<Sum> sums() {
    return List.of(
        new Sum("(\\d+) plus (\\d+) is (\\d+)\\.", Integer::sum),
        new Sum("(\\d+) minus (\\d+) is (\\d+)\\.", (a, b) -> a - b),
        new Sum("(\\d+) 더하기 (\\d+)[은는] (\\d+)입니다", Integer::sum),
        new Sum("(\\d+) 빼기 (\\d+)[은는] (\\d+)입니다", (a, b) -> a - b),
        new Sum("has (\\d+) \\w+ and gets (\\d+) more\\. \\w+ has (\\d+) ", Integer::sum),
        new Sum("(\\d+)\\S+ 있습니다\\. (\\d+)\\S+ 더 받습니다\\. 모두 (\\d+)", Integer::sum),
        new Sum("larger, (\\d+) or (\\d+)\\? The larger number is (\\d+)", Math::max),
        new Sum("(\\d+)[과와] (\\d+) 중에서 더 큰 수는 무엇인가요\\? 더 큰 수는 (\\d+)", Math::max));
  }

  /** Read back from the text, as a reader would: every sum is right, and there are many. */
  @ParameterizedTest
  @MethodSource("sums")
  void sumsAreRight(Sum sum) {
    Stream<String> questions =
        Stream.concat(DATA.train().stream(), DATA.unseen().stream().map(Unseen::row))
            .map(row -> row.instruction() + " " + row.output());
    int found = 0;
    for (String text : Stream.concat(DATA.corpus().stream(), questions).toList()) {
      Matcher matcher = sum.pattern().matcher(text);
      while (matcher.find()) {
        int a = Integer.parseInt(matcher.group(1));
        int b = Integer.parseInt(matcher.group(2));
        assertEquals(
            sum.expected().applyAsInt(a, b), Integer.parseInt(matcher.group(3)), matcher.group());
        found++;
      }
    }
    assertTrue(found > 50, sum.pattern() + " was found " + found + " times");
  }
}
