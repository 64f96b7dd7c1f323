package dev.gatun.data.quickstart;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NumeralsTest {
  @ParameterizedTest
  @CsvSource({
    "1,일",
    "10,십",
    "11,십일",
    "20,이십",
    "99,구십구",
    "100,백",
    "101,백일",
    "110,백십",
    "111,백십일",
    "247,이백사십칠",
    "900,구백",
    "999,구백구십구"
  })
  void sino(int n, String expected) {
    assertEquals(expected, Numerals.sino(n));
  }

  @ParameterizedTest
  @CsvSource({"1,하나", "10,열", "20,스물", "27,스물일곱", "56,쉰여섯", "60,예순", "99,아흔아홉"})
  void nativeKorean(int n, String expected) {
    assertEquals(expected, Numerals.nativeKorean(n));
  }

  @ParameterizedTest
  @CsvSource({"1,한", "2,두", "3,세", "4,네", "5,다섯", "10,열"})
  void beforeCounter(int n, String expected) {
    assertEquals(expected, Numerals.beforeCounter(n));
  }

  @ParameterizedTest
  @CsvSource({
    "0,zero",
    "12,twelve",
    "19,nineteen",
    "20,twenty",
    "40,forty",
    "47,forty-seven",
    "100,one hundred",
    "101,one hundred and one",
    "999,nine hundred and ninety-nine"
  })
  void english(int n, String expected) {
    assertEquals(expected, Numerals.english(n));
  }

  @Test
  void everyNumberHasItsOwnWord() {
    assertEquals(999, IntStream.rangeClosed(1, 999).mapToObj(Numerals::sino).distinct().count());
    assertEquals(999, IntStream.rangeClosed(1, 999).mapToObj(Numerals::english).distinct().count());
    assertEquals(
        99, IntStream.rangeClosed(1, 99).mapToObj(Numerals::nativeKorean).distinct().count());
  }
}
