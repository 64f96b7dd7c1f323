package dev.gatun.verify;

import dev.gatun.core.DataException;
import dev.gatun.hub.Json;
import dev.gatun.hub.JsonFields;
import dev.gatun.hub.TokenizerFolder;
import dev.gatun.token.Bpe;
import dev.gatun.token.BpeTrainer;
import dev.gatun.token.ByteAlphabet;
import dev.gatun.token.PreTokenizer;
import dev.gatun.token.Tokenizer;
import dev.gatun.token.Vocabulary;
import dev.gatun.token.WordCounts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Byte pair encodings learned again from the words that the tokenizers library learned them from.
 *
 * <p>A fixture is a folder with {@code meta.json} and files {@code NAME.runN.tokenizer.json}, each
 * with {@code NAME_word_counts.json} or, for all names that begin alike, {@code PREFIX_corpus.txt}.
 * Errors are counts of what differs. With a {@code continuing_subword_prefix} the library numbers
 * characters at random and then breaks ties by these numbers: where counts tie, only the share of
 * common tokens and the order of the alphabet can be compared, and that each merge is of a pair
 * that none outnumbers.
 */
final class GoldenBpeTraining {
  private static final Pattern FILE = Pattern.compile("(.+)\\.run(\\d+)\\.tokenizer\\.json");
  private static final Pattern MIN_FREQUENCY = Pattern.compile("min_frequency (\\d+)");

  /** The share of tokens in which two runs of the library itself may differ. */
  private static final double RANDOM_SHARE = 0.04;

  private final Path folder;
  private final String name;
  private final Tokenizer expected;
  private final List<Comparison> comparisons = new ArrayList<>();

  private GoldenBpeTraining(Path folder, String name, Tokenizer expected) {
    this.folder = folder;
    this.name = name;
    this.expected = expected;
  }

  static boolean is(Path folder) {
    return Files.isRegularFile(folder.resolve("meta.json")) && !runs(folder).isEmpty();
  }

  private static List<Path> runs(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> FILE.matcher(file.getFileName().toString()).matches())
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new DataException(folder + ": cannot be listed: " + e, e);
    }
  }

  /**
   * Trains what a fixture trained and compares.
   *
   * @throws DataException if a file of the fixture is absent or broken
   */
  static List<Comparison> check(Path folder) {
    List<Comparison> comparisons = new ArrayList<>();
    for (Path run : runs(folder)) {
      Matcher file = FILE.matcher(run.getFileName().toString());
      if (file.matches()) {
        Tokenizer expected = TokenizerFolder.read(run).tokenizer();
        GoldenBpeTraining training = new GoldenBpeTraining(folder, file.group(1), expected);
        training.compare(file.group(1) + ".run" + file.group(2));
        comparisons.addAll(training.comparisons);
      }
    }
    return comparisons;
  }

  private void compare(String where) {
    PreTokenizer preTokenizer = expected.preTokenizer().orElse(null);
    WordCounts counts = new WordCounts(expected.normalizer().orElse(null), preTokenizer);
    boolean tieFree = count(counts);
    Bpe learned = trainer(preTokenizer).train(counts);
    Bpe golden = expected.model();
    boolean random = golden.options().continuingSubwordPrefix() != null;
    if (!random || tieFree) {
      add(where + " merges", differing(golden.merges(), learned.merges()));
    }
    Set<String> own = tokens(learned.vocabulary());
    Set<String> theirs = tokens(golden.vocabulary());
    if (!random) {
      add(where + " ids", differing(inOrder(golden.vocabulary()), inOrder(learned.vocabulary())));
    } else if (tieFree) {
      add(where + " tokens", own.equals(theirs) ? 0 : 1);
    } else {
      add(where + " alphabet", differing(alphabet(golden), alphabet(learned)));
      theirs.removeAll(own);
      double missing = (double) theirs.size() / golden.vocabulary().size();
      comparisons.add(new Comparison(where + " tokens not shared", missing, RANDOM_SHARE));
      add(where + " merges of outnumbered pairs", GreedyMerges.outnumbered(learned, counts));
    }
  }

  private void add(String what, long differences) {
    comparisons.add(new Comparison(what, differences, 0));
  }

  /** Counts the words; returns whether the fixture has the counts of words, which do not tie. */
  private boolean count(WordCounts counts) {
    Path words = folder.resolve(name + "_word_counts.json");
    Path shared = folder.resolve(name.replaceFirst("_.*", "") + "_word_counts.json");
    Path file = Files.exists(words) ? words : shared;
    if (Files.exists(file)) {
      Json.readObject(file)
          .properties()
          .forEach(word -> counts.add(word.getKey(), word.getValue().longValue()));
      return true;
    }
    Path corpus = folder.resolve(name.replaceFirst("_.*", "") + "_corpus.txt");
    try (Stream<String> lines = Files.lines(corpus)) {
      lines.forEach(counts::add);
      return false;
    } catch (IOException e) {
      throw new DataException(corpus + ": cannot be read: " + e, e);
    }
  }

  private BpeTrainer trainer(@Nullable PreTokenizer preTokenizer) {
    BpeTrainer.Builder trainer =
        BpeTrainer.builder()
            .options(expected.model().options())
            .vocabSize(expected.model().vocabulary().size())
            .minFrequency(minFrequency())
            .specialTokens(
                expected.addedTokens().values().stream().map(token -> token.content()).toList());
    return preTokenizer instanceof PreTokenizer.ByteLevel
        ? trainer.initialAlphabet(ByteAlphabet.codePoints()).build()
        : trainer.build();
  }

  /** What {@code meta.json} says in words. */
  private long minFrequency() {
    JsonFields meta = JsonFields.ofData(folder.resolve("meta.json"));
    String said = meta.object("trainer").flatMap(trainer -> trainer.optionalText(name)).orElse("");
    Matcher matcher = MIN_FREQUENCY.matcher(said);
    return matcher.find() ? Long.parseLong(matcher.group(1)) : 0;
  }

  /** The special tokens and the characters without prefix, in the order of their ids. */
  private List<String> alphabet(Bpe model) {
    return inOrder(model.vocabulary()).stream()
        .takeWhile(token -> expected.isAdded(token) || token.codePointCount(0, token.length()) == 1)
        .toList();
  }

  private static List<String> inOrder(Vocabulary vocabulary) {
    List<String> tokens = new ArrayList<>();
    for (int id = 0; id < vocabulary.idBound(); id++) {
      tokens.add(String.valueOf(vocabulary.token(id)));
    }
    return tokens;
  }

  private static Set<String> tokens(Vocabulary vocabulary) {
    return new HashSet<>(inOrder(vocabulary));
  }

  /** In how many places two lists differ, missing ones included. */
  private static <T> long differing(List<T> expected, List<T> actual) {
    int both = Math.min(expected.size(), actual.size());
    int differing = Math.max(expected.size(), actual.size()) - both;
    for (int i = 0; i < both; i++) {
      differing += expected.get(i).equals(actual.get(i)) ? 0 : 1;
    }
    return differing;
  }
}
