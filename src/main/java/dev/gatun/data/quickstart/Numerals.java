package dev.gatun.data.quickstart;

import java.util.List;

/** Numbers in words: Sino-Korean, native Korean and English. */
final class Numerals {
  private static final List<String> SINO = List.of("", "일", "이", "삼", "사", "오", "육", "칠", "팔", "구");
  private static final List<String> NATIVE_ONES =
      List.of("", "하나", "둘", "셋", "넷", "다섯", "여섯", "일곱", "여덟", "아홉");
  private static final List<String> NATIVE_TENS =
      List.of("", "열", "스물", "서른", "마흔", "쉰", "예순", "일흔", "여든", "아흔");
  private static final List<String> BEFORE_COUNTER =
      List.of("", "한", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉", "열");
  private static final List<String> ENGLISH =
      List.of(
          "zero",
          "one",
          "two",
          "three",
          "four",
          "five",
          "six",
          "seven",
          "eight",
          "nine",
          "ten",
          "eleven",
          "twelve",
          "thirteen",
          "fourteen",
          "fifteen",
          "sixteen",
          "seventeen",
          "eighteen",
          "nineteen");
  private static final List<String> ENGLISH_TENS =
      List.of("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety");

  private Numerals() {}

  /** 1 .. 999 in Sino-Korean: 247 is 이백사십칠. */
  static String sino(int n) {
    return place(n / 100, "백") + place(n / 10 % 10, "십") + SINO.get(n % 10);
  }

  private static String place(int digit, String name) {
    return switch (digit) {
      case 0 -> "";
      case 1 -> name;
      default -> SINO.get(digit) + name;
    };
  }

  /** 1 .. 99 in native Korean: 27 is 스물일곱. */
  static String nativeKorean(int n) {
    return NATIVE_TENS.get(n / 10) + NATIVE_ONES.get(n % 10);
  }

  /** 1 .. 10 in the form that stands before a counter: 세 (권). */
  static String beforeCounter(int n) {
    return BEFORE_COUNTER.get(n);
  }

  /** 0 .. 999 in English. */
  static String english(int n) {
    if (n < ENGLISH.size()) {
      return ENGLISH.get(n);
    }
    if (n < 100) {
      return ENGLISH_TENS.get(n / 10) + (n % 10 == 0 ? "" : "-" + ENGLISH.get(n % 10));
    }
    String hundreds = ENGLISH.get(n / 100) + " hundred";
    return n % 100 == 0 ? hundreds : hundreds + " and " + english(n % 100);
  }
}
