package dev.gatun.data.quickstart;

import java.util.List;
import java.util.stream.IntStream;

/** A few facts that are repeated often: what a model can only know by having met it. */
final class Facts {
  private record Capital(String country, String city, String englishCountry, String englishCity) {}

  private record Opposite(String word, String opposite, String english, String englishOpposite) {}

  private record Natural(String thing, String colour, String english, String englishColour) {}

  private static final List<Capital> CAPITALS =
      List.of(
          new Capital("대한민국", "서울", "South Korea", "Seoul"),
          new Capital("일본", "도쿄", "Japan", "Tokyo"),
          new Capital("중국", "베이징", "China", "Beijing"),
          new Capital("프랑스", "파리", "France", "Paris"),
          new Capital("독일", "베를린", "Germany", "Berlin"),
          new Capital("영국", "런던", "the United Kingdom", "London"),
          new Capital("이탈리아", "로마", "Italy", "Rome"),
          new Capital("스페인", "마드리드", "Spain", "Madrid"),
          new Capital("이집트", "카이로", "Egypt", "Cairo"),
          new Capital("파나마", "파나마시티", "Panama", "Panama City"));

  private static final List<Opposite> OPPOSITES =
      List.of(
          new Opposite("크다", "작다", "big", "small"),
          new Opposite("높다", "낮다", "high", "low"),
          new Opposite("빠르다", "느리다", "fast", "slow"),
          new Opposite("밝다", "어둡다", "bright", "dark"),
          new Opposite("뜨겁다", "차갑다", "hot", "cold"),
          new Opposite("많다", "적다", "many", "few"));

  private static final List<Natural> NATURALS =
      List.of(
          new Natural("바나나", "노란색", "a banana", "yellow"),
          new Natural("하늘", "파란색", "the sky", "blue"),
          new Natural("눈", "하얀색", "snow", "white"),
          new Natural("까마귀", "검은색", "a crow", "black"),
          new Natural("포도", "보라색", "a grape", "purple"),
          new Natural("풀", "초록색", "grass", "green"));

  static final List<Family> ALL =
      List.of(
          new Family.Facts("capitals", CAPITALS.stream().map(Facts::item).toList()),
          new Family.Facts("opposites", OPPOSITES.stream().map(Facts::item).toList()),
          new Family.Facts("natural colours", NATURALS.stream().map(Facts::item).toList()),
          new Family.Facts(
              "order of days", IntStream.range(0, 7).mapToObj(Facts::nextWeekday).toList()));

  private Facts() {}

  private static Item item(Capital capital) {
    return Item.ofAnswers(
        "%s의 수도는 어디인가요?".formatted(capital.country()),
        "%s의 수도는 %s입니다.".formatted(capital.country(), capital.city()),
        "What is the capital of %s?".formatted(capital.englishCountry()),
        "The capital of %s is %s.".formatted(capital.englishCountry(), capital.englishCity()));
  }

  private static Item item(Opposite pair) {
    return Item.ofAnswers(
        "'%s'의 반대말은 무엇인가요?".formatted(pair.word()),
        "'%s'의 반대말은 '%s'입니다.".formatted(pair.word(), pair.opposite()),
        "What is the opposite of '%s'?".formatted(pair.english()),
        "The opposite of '%s' is '%s'.".formatted(pair.english(), pair.englishOpposite()));
  }

  private static Item item(Natural natural) {
    String thing = Josa.TOPIC.after(natural.thing());
    String english = natural.english();
    String sentenceStart = Character.toUpperCase(english.charAt(0)) + english.substring(1);
    return Item.ofAnswers(
        "%s 무슨 색인가요?".formatted(thing),
        "%s %s입니다.".formatted(thing, natural.colour()),
        "What colour is %s?".formatted(english),
        "%s is %s.".formatted(sentenceStart, natural.englishColour()));
  }

  private static Item nextWeekday(int day) {
    String korean = Words.DAYS.get(day);
    String english = Words.ENGLISH_DAYS.get(day);
    return Item.ofAnswers(
        "%s 다음 날은 무슨 요일인가요?".formatted(korean),
        "%s 다음 날은 %s입니다.".formatted(korean, Words.DAYS.get((day + 1) % 7)),
        "What day comes after %s?".formatted(english),
        "After %s comes %s.".formatted(english, Words.ENGLISH_DAYS.get((day + 1) % 7)));
  }
}
