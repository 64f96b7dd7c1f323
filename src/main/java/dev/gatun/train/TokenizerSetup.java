package dev.gatun.train;

import dev.gatun.hub.TokenizerFolder;
import dev.gatun.token.AddedToken;
import dev.gatun.token.Bpe;
import dev.gatun.token.BpeTrainer;
import dev.gatun.token.ByteAlphabet;
import dev.gatun.token.Decoder;
import dev.gatun.token.PreTokenizer;
import dev.gatun.token.SplitBehavior;
import dev.gatun.token.TextPattern;
import dev.gatun.token.Tokenizer;
import dev.gatun.token.WordCounts;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The tokenizer of a run: from the checkpoint that it resumes, from a folder, or trained on the
 * text.
 */
public final class TokenizerSetup {
  /** The id that no vocabulary is smaller than: training then stops at the alphabet. */
  private static final int ALPHABET_ONLY = 1;

  private TokenizerSetup() {}

  static TokenizerFolder of(
      RunConfig config, Texts texts, Optional<Path> resumed, RunListener listener) {
    if (resumed.isPresent()) {
      return TokenizerFolder.read(resumed.get());
    }
    return switch (config.tokenizer()) {
      case TokenizerConfig.Load load -> load(load);
      case TokenizerConfig.Train train -> {
        TokenizerFolder trained = train(train, texts::forEach);
        listener.message(
            "trained a tokenizer of %,d tokens".formatted(trained.tokenizer().vocabSize()));
        yield trained;
      }
    };
  }

  private static TokenizerFolder load(TokenizerConfig.Load load) {
    TokenizerFolder folder =
        TokenizerFolder.read(load.path())
            .withAdditionalSpecialTokens(load.additionalSpecialTokens());
    if (load.eosToken().isPresent()) {
      folder = folder.withToken(TokenizerFolder.Role.EOS, load.eosToken().get());
    }
    if (load.padToken().isPresent()) {
      folder = folder.withToken(TokenizerFolder.Role.PAD, load.padToken().get());
    }
    return folder;
  }

  /** Receives a consumer and hands it every text. */
  @FunctionalInterface
  public interface TextSource {
    void forEach(Consumer<String> consumer);
  }

  /** Trains a tokenizer; its first special token begins and ends texts, as in the recipe. */
  public static TokenizerFolder train(TokenizerConfig.Train config, TextSource texts) {
    PreTokenizer preTokenizer =
        switch (config.type()) {
          case BYTE_LEVEL_BPE ->
              new PreTokenizer.Sequence(
                  List.of(
                      new PreTokenizer.Digits(true),
                      new PreTokenizer.ByteLevel(false, true, true)));
          case BPE ->
              new PreTokenizer.Sequence(
                  List.of(
                      new PreTokenizer.WhitespaceSplit(),
                      new PreTokenizer.Punctuation(SplitBehavior.ISOLATED)));
          case CHARACTERS ->
              new PreTokenizer.Split(
                  new TextPattern.Regex("[\\s\\S]"), SplitBehavior.ISOLATED, false);
        };
    WordCounts counts = new WordCounts(null, preTokenizer);
    texts.forEach(counts::add);
    Tokenizer.Builder builder =
        Tokenizer.builder(model(config, counts))
            .preTokenizer(preTokenizer)
            .decoder(
                switch (config.type()) {
                  case BYTE_LEVEL_BPE -> new Decoder.ByteLevel(true, true, true);
                  case BPE -> new Decoder.WordPiece(config.continuingSubwordPrefix(), true);
                  case CHARACTERS -> new Decoder.Fuse();
                });
    config.specialTokens().forEach(token -> builder.add(AddedToken.special(token)));
    return TokenizerFolder.of(builder.build(), config.specialTokens().stream().findFirst());
  }

  private static Bpe model(TokenizerConfig.Train config, WordCounts counts) {
    BpeTrainer.Builder trainer =
        BpeTrainer.builder()
            .minFrequency(config.minFrequency())
            .specialTokens(config.specialTokens());
    return switch (config.type()) {
      case BYTE_LEVEL_BPE ->
          trainer
              .vocabSize(config.vocabSize())
              .initialAlphabet(ByteAlphabet.codePoints())
              .build()
              .train(counts);
      case BPE ->
          trainer
              .vocabSize(config.vocabSize())
              .options(
                  new Bpe.Options(
                      null, config.continuingSubwordPrefix(), null, false, false, false))
              .build()
              .train(counts);
      case CHARACTERS -> trainer.vocabSize(ALPHABET_ONLY).build().train(counts);
    };
  }
}
