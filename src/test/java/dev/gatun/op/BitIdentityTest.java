package dev.gatun.op;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gatun.cpu.ChildJvm;
import dev.gatun.cpu.Parallel;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every operation gives the same bits for any number of threads and any vector width. */
final class BitIdentityTest {
  private static Map<String, String> expected = Map.of();

  @BeforeAll
  static void withOneThread() {
    expected = withThreads(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void threads(int threads) {
    assertEquals(expected, withThreads(threads));
  }

  @ParameterizedTest
  @CsvSource({"-XX:UseAVX=2, 2", "-XX:MaxVectorSize=16, 3"})
  void vectorWidth(String flag, int threads) {
    ChildJvm.Result result =
        ChildJvm.run(OpDigests.class, List.of(Integer.toString(threads)), flag);
    Map<String, String> actual = new TreeMap<>();
    result
        .output()
        .lines()
        .filter(line -> line.startsWith(OpDigests.PREFIX))
        .map(line -> line.split(" ", -1))
        .forEach(words -> actual.put(words[1], words[2]));
    assertEquals(expected, actual, result::output);
  }

  private static Map<String, String> withThreads(int threads) {
    int before = Parallel.threads();
    Parallel.setThreads(threads);
    try {
      return OpDigests.compute();
    } finally {
      Parallel.setThreads(before);
    }
  }
}
