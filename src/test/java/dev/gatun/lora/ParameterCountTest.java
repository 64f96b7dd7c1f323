package dev.gatun.lora;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The lines are those that Python prints. */
final class ParameterCountTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "3632; 25011; trainable params: 3,632 || all params: 25,011 || trainable%: 14.5216",
        "1; 3200; trainable params: 1 || all params: 3,200 || trainable%: 0.0312",
        "3; 3200; trainable params: 3 || all params: 3,200 || trainable%: 0.0938",
        "100005; 10000000;"
            + " trainable params: 100,005 || all params: 10,000,000 || trainable%: 1.0001",
        "7; 7; trainable params: 7 || all params: 7 || trainable%: 100.0000"
      })
  void theLineIsThatOfPeft(long trainable, long all, String line) {
    assertEquals(line, new ParameterCount(trainable, all).toString());
  }
}
