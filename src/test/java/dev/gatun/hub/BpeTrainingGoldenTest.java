package dev.gatun.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gatun.token.Bpe;
import dev.gatun.token.BpeTrainer;
import dev.gatun.token.ByteAlphabet;
import dev.gatun.token.PreTokenizer;
import dev.gatun.token.Tokenizer;
import dev.gatun.token.TokenizerStyle;
import dev.gatun.token.Vocabulary;
import dev.gatun.token.WordCounts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Training against models that the real library learned from the same words. */
final class BpeTrainingGoldenTest {
  private static final List<String> SPECIAL = List.of("<|endoftext|>");

  @Test
  void byteLevelIsTheSameModel() throws IOException {
    Tokenizer expected = golden("natural_bytelevel.run0");
    BpeTrainer trainer =
        BpeTrainer.builder()
            .vocabSize(1100)
            .minFrequency(2)
            .specialTokens(SPECIAL)
            .initialAlphabet(ByteAlphabet.codePoints())
            .build();
    assertSameModel(
        expected.model(),
        trainer.train(count(new PreTokenizer.ByteLevel(false, true, true), corpus())));
  }

  @Test
  void plainIsTheSameModel() throws IOException {
    Tokenizer expected = golden("natural_plain.run0");
    BpeTrainer trainer = BpeTrainer.builder().vocabSize(900).specialTokens(SPECIAL).build();
    assertSameModel(
        expected.model(), trainer.train(count(new PreTokenizer.WhitespaceSplit(), corpus())));
  }

  /** Without ties between counts the ids decide nothing, and the merges are the same. */
  @Test
  void prefixedWithoutTiesHasTheSameMerges() throws IOException {
    Tokenizer expected = golden("tiefree_hash.run0");
    WordCounts counts = TokenizerStyle.wordPieces().counts();
    JsonNode words =
        new ObjectMapper()
            .readTree(SharedFiles.require("golden/bpe_training/tiefree_word_counts.json").toFile());
    words.properties().forEach(entry -> counts.add(entry.getKey(), entry.getValue().intValue()));
    Bpe learned =
        TokenizerStyle.wordPieces()
            .trainer()
            .vocabSize(111)
            .specialTokens(SPECIAL)
            .build()
            .train(counts);
    assertEquals(expected.model().merges(), learned.merges());
    assertEquals(tokens(expected.model().vocabulary()), tokens(learned.vocabulary()));
  }

  /**
   * With ties the real library's own runs differ. What they share must hold here: special tokens,
   * then the alphabet by code point, and every merge is of a pair that no other outnumbers.
   */
  @Test
  void prefixedIsGreedyAndCloseToTheRuns() throws IOException {
    TokenizerStyle style = TokenizerStyle.wordPieces();
    WordCounts counts = style.counts();
    corpus().forEach(counts::add);
    Bpe learned = style.trainer().vocabSize(900).specialTokens(SPECIAL).build().train(counts);
    assertEquals(900, learned.vocabulary().size());
    Set<String> tokens = tokens(learned.vocabulary());
    for (int run = 0; run < 3; run++) {
      Vocabulary expected = golden("natural_hash.run" + run).model().vocabulary();
      for (int id = 0; alphabetic(Objects.requireNonNull(expected.token(id))); id++) {
        assertEquals(expected.token(id), learned.vocabulary().token(id));
      }
      Set<String> shared = tokens(expected);
      shared.retainAll(tokens);
      assertTrue(
          shared.size() >= 0.97 * 900, () -> "only " + shared.size() + " of 900 tokens shared");
    }
    assertGreedy(learned, wordsOf(corpus()));
  }

  private static boolean alphabetic(String token) {
    return SPECIAL.contains(token) || token.codePointCount(0, token.length()) == 1;
  }

  /** Replays the merges on plain lists, counting all pairs afresh each time. */
  private static void assertGreedy(Bpe model, Map<List<String>, Integer> words) {
    Map<List<String>, Integer> current = words;
    for (Bpe.Merge merge : model.merges()) {
      Map<Bpe.Merge, Integer> pairs = new HashMap<>();
      current.forEach(
          (word, count) -> {
            for (int i = 1; i < word.size(); i++) {
              pairs.merge(new Bpe.Merge(word.get(i - 1), word.get(i)), count, Integer::sum);
            }
          });
      int best = pairs.values().stream().mapToInt(Integer::intValue).max().orElse(0);
      assertEquals(best, pairs.get(merge), () -> merge + " is not the most frequent pair");
      Map<List<String>, Integer> merged = new HashMap<>();
      current.forEach((word, count) -> merged.merge(apply(merge, word), count, Integer::sum));
      current = merged;
    }
  }

  private static List<String> apply(Bpe.Merge merge, List<String> word) {
    List<String> result = new ArrayList<>();
    for (int i = 0; i < word.size(); ) {
      if (i + 1 < word.size()
          && word.get(i).equals(merge.left())
          && word.get(i + 1).equals(merge.right())) {
        result.add(merge.left() + merge.right().substring(2));
        i += 2;
      } else {
        result.add(word.get(i++));
      }
    }
    return result;
  }

  /** Words cut by the plainest means: white space, and punctuation alone. */
  private static Map<List<String>, Integer> wordsOf(List<String> lines) {
    Map<List<String>, Integer> words = new HashMap<>();
    for (String line : lines) {
      String spaced = line.replaceAll("([\\p{P}$+<=>^`|~])", " $1 ");
      for (String word : spaced.strip().split("\\s+", -1)) {
        if (!word.isEmpty()) {
          List<String> symbols = new ArrayList<>();
          word.codePoints()
              .forEach(c -> symbols.add((symbols.isEmpty() ? "" : "##") + Character.toString(c)));
          words.merge(symbols, 1, Integer::sum);
        }
      }
    }
    return words;
  }

  private static void assertSameModel(Bpe expected, Bpe learned) {
    assertEquals(expected.merges(), learned.merges());
    assertEquals(expected.vocabulary().size(), learned.vocabulary().size());
    for (int id = 0; id < expected.vocabulary().idBound(); id++) {
      assertEquals(expected.vocabulary().token(id), learned.vocabulary().token(id), "id " + id);
    }
  }

  private static Set<String> tokens(Vocabulary vocabulary) {
    Set<String> tokens = new HashSet<>();
    for (int id = 0; id < vocabulary.idBound(); id++) {
      tokens.add(vocabulary.token(id));
    }
    return tokens;
  }

  private static WordCounts count(PreTokenizer preTokenizer, List<String> lines) {
    WordCounts counts = new WordCounts(null, preTokenizer);
    lines.forEach(counts::add);
    return counts;
  }

  private static List<String> corpus() throws IOException {
    Path file = SharedFiles.require("golden/bpe_training/natural_corpus.txt");
    return Files.readString(file).lines().toList();
  }

  private static Tokenizer golden(String name) {
    return TokenizerJson.read(
        SharedFiles.require("golden/bpe_training/" + name + ".tokenizer.json"));
  }
}
