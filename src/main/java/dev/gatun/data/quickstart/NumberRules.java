package dev.gatun.data.quickstart;

import dev.gatun.data.quickstart.Family.Rule;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What follows from the order of numbers, and arithmetic in a small range. */
final class NumberRules {
  private record Unit(
      String large, String small, String englishLarge, String englishSmall, int ratio) {}

  private static final List<Unit> UNITS =
      List.of(
          new Unit("미터", "센티미터", "metres", "centimetres", 100),
          new Unit("센티미터", "밀리미터", "centimetres", "millimetres", 10),
          new Unit("킬로그램", "그램", "kilograms", "grams", 1000));

  static final List<Family> ALL =
      List.of(
          new Rule("next number", NumberRules::next),
          new Rule("previous number", NumberRules::previous),
          new Rule("addition", NumberRules::addition),
          new Rule("subtraction", NumberRules::subtraction),
          new Rule("larger number", NumberRules::larger),
          new Rule("parity", NumberRules::parity),
          new Rule("sequence", NumberRules::sequence),
          new Rule("counting", NumberRules::counting),
          new Rule("reversed digits", NumberRules::reversed),
          new Rule("units", NumberRules::units));

  private NumberRules() {}

  private static Item next(Draw draw) {
    int n = draw.between(1, 299);
    return Item.ofAnswers(
        "%s 다음 수는 무엇인가요?".formatted(n),
        "%s 다음 수는 %s입니다.".formatted(n, n + 1),
        "What number comes after %s?".formatted(n),
        "After %s comes %s.".formatted(n, n + 1));
  }

  private static Item previous(Draw draw) {
    int n = draw.between(2, 300);
    return Item.ofAnswers(
        "%s 바로 앞의 수는 무엇인가요?".formatted(n),
        "%s 바로 앞의 수는 %s입니다.".formatted(n, n - 1),
        "What number comes before %s?".formatted(n),
        "Before %s comes %s.".formatted(n, n - 1));
  }

  private static Item addition(Draw draw) {
    int a = draw.between(1, 20);
    int b = draw.between(1, 9);
    String korean = "%s 더하기 %s".formatted(a, Josa.TOPIC.after(b));
    String english = "%s plus %s".formatted(a, b);
    return calculation(korean, english, a + b);
  }

  private static Item subtraction(Draw draw) {
    int b = draw.between(1, 9);
    int a = b + draw.between(0, 20);
    String korean = "%s 빼기 %s".formatted(a, Josa.TOPIC.after(b));
    String english = "%s minus %s".formatted(a, b);
    return calculation(korean, english, a - b);
  }

  private static Item calculation(String korean, String english, int result) {
    return Item.ofAnswers(
        "%s 얼마인가요?".formatted(korean),
        "%s %s입니다.".formatted(korean, result),
        "What is %s?".formatted(english),
        "%s is %s.".formatted(english, result));
  }

  private static Item larger(Draw draw) {
    int a = draw.between(10, 99);
    int b = draw.otherBetween(10, 99, a);
    int larger = Math.max(a, b);
    int smaller = Math.min(a, b);
    return Item.of(
        "%s %s보다 큽니다.".formatted(Josa.TOPIC.after(larger), smaller),
        "%s is larger than %s.".formatted(larger, smaller),
        "%s %s 중에서 더 큰 수는 무엇인가요?".formatted(Josa.AND.after(a), b),
        "더 큰 수는 %s입니다.".formatted(larger),
        "Which number is larger, %s or %s?".formatted(a, b),
        "The larger number is %s.".formatted(larger));
  }

  private static Item parity(Draw draw) {
    int n = draw.between(1, 300);
    boolean even = n % 2 == 0;
    return Item.ofAnswers(
        "%s 짝수인가요, 홀수인가요?".formatted(Josa.TOPIC.after(n)),
        "%s %s입니다.".formatted(Josa.TOPIC.after(n), even ? "짝수" : "홀수"),
        "Is %s even or odd?".formatted(n),
        "%s is %s.".formatted(n, even ? "even" : "odd"));
  }

  private static Item sequence(Draw draw) {
    int step = draw.from(List.of(1, 2, 10));
    int first = draw.between(1, 60);
    int next = first + 3 * step;
    String shown = "%s, %s, %s".formatted(first, first + step, first + 2 * step);
    return Item.of(
        "%s, %s, %s.".formatted(shown, next, next + step),
        "%s, %s.".formatted(shown, next),
        "%s 다음에는 어떤 수가 오나요?".formatted(shown),
        "다음에는 %s 옵니다.".formatted(Josa.SUBJECT.after(next)),
        "Which number follows %s?".formatted(shown),
        "The next number is %s.".formatted(next));
  }

  private static Item counting(Draw draw) {
    int first = draw.between(1, 60);
    int last = first + draw.between(2, 5);
    String counted =
        IntStream.rangeClosed(first, last)
            .mapToObj(Integer::toString)
            .collect(Collectors.joining(", ", "", "."));
    return Item.of(
        "%s부터 %s까지 세면 %s".formatted(first, last, counted),
        "From %s to %s: %s".formatted(first, last, counted),
        "%s부터 %s까지 세어 보세요.".formatted(first, last),
        counted,
        "Count from %s to %s.".formatted(first, last),
        counted);
  }

  private static Item reversed(Draw draw) {
    String digits = "%s%s%s".formatted(draw.between(1, 9), draw.between(1, 9), draw.between(1, 9));
    String reversed = new StringBuilder(digits).reverse().toString();
    String object = Josa.OBJECT.after(digits);
    return Item.ofAnswers(
        "%s 거꾸로 쓰면 무엇인가요?".formatted(object),
        "%s 거꾸로 쓰면 %s입니다.".formatted(object, reversed),
        "What is %s written backwards?".formatted(digits),
        "%s written backwards is %s.".formatted(digits, reversed));
  }

  private static Item units(Draw draw) {
    Unit unit = draw.from(UNITS);
    int n = draw.between(2, 120);
    String large = Josa.TOPIC.after(n + unit.large());
    String englishLarge = "%s %s".formatted(n, unit.englishLarge());
    return Item.ofAnswers(
        "%s 몇 %s인가요?".formatted(large, unit.small()),
        "%s %s%s입니다.".formatted(large, n * unit.ratio(), unit.small()),
        "How many %s are %s?".formatted(unit.englishSmall(), englishLarge),
        "%s are %s %s.".formatted(englishLarge, n * unit.ratio(), unit.englishSmall()));
  }
}
