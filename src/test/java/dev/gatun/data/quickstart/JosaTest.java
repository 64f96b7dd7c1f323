package dev.gatun.data.quickstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JosaTest {
  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '"',
      value = {
        "TOPIC,사과,사과는",
        "TOPIC,책,책은",
        "SUBJECT,말,말이",
        "SUBJECT,새,새가",
        "OBJECT,'빨간 꽃','빨간 꽃'을",
        "OBJECT,'빨간 모자','빨간 모자'를",
        "AND,집,집과",
        "AND,의자,의자와",
        "QUOTE,백십삼,백십삼이라고",
        "QUOTE,이십사,이십사라고"
      })
  void followsTheLastSound(Josa josa, String word, String expected) {
    assertEquals(expected, josa.after(word));
  }

  /** Read in Sino-Korean: 영 일 이 삼 사 오 육 칠 팔 구, 십, 백, 천. */
  @ParameterizedTest
  @CsvSource({
    "0,0은",
    "1,1은",
    "2,2는",
    "3,3은",
    "4,4는",
    "5,5는",
    "6,6은",
    "7,7은",
    "8,8은",
    "9,9는",
    "10,10은",
    "20,20은",
    "100,100은",
    "1000,1000은",
    "42,42는"
  })
  void readsNumbers(int number, String expected) {
    assertEquals(expected, Josa.TOPIC.after(number));
  }

  @Test
  void refusesWhatItCannotRead() {
    assertThrows(IllegalArgumentException.class, () -> Josa.TOPIC.after("book"));
  }
}
