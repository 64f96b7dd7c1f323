package dev.gatun.train;

import dev.gatun.hub.TokenizerFolder;
import dev.gatun.token.Bpe;
import dev.gatun.token.Decoder;
import dev.gatun.token.PreTokenizer;
import dev.gatun.token.SplitBehavior;
import dev.gatun.token.TextPattern;
import dev.gatun.token.TokenizerStyle;
import dev.gatun.token.WordCounts;
import java.nio.file.Path;
import java.util.ArrayList;
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

  private static final String UNKNOWN = "<unk>";

  private static final TokenizerStyle CHARACTERS =
      new TokenizerStyle(
          null,
          new PreTokenizer.Split(new TextPattern.Regex("[\\s\\S]"), SplitBehavior.ISOLATED, false),
          new Decoder.Fuse(),
          Bpe.Options.PLAIN,
          List.of());

  private TokenizerSetup() {}

  static TokenizerFolder of(
      RunConfig config, Texts texts, Optional<Path> resumed, RunListener listener) {
    if (resumed.isPresent()) {
      return TokenizerFolder.read(resumed.get());
    }
    TokenizerFolder tokenizer =
        switch (config.tokenizer()) {
          case TokenizerConfig.Load load -> load(load);
          case TokenizerConfig.Train train -> {
            TokenizerFolder trained = train(train, texts::forEach);
            listener.message(
                "trained a tokenizer of %,d tokens".formatted(trained.tokenizer().vocabSize()));
            yield trained;
          }
        };
    return withChatTemplate(config.data(), tokenizer);
  }

  /** With the chat template that the configuration names, if it names one. */
  static TokenizerFolder withChatTemplate(DataConfig config, TokenizerFolder tokenizer) {
    return config
        .rows()
        .chatTemplatePath()
        .map(path -> tokenizer.withChatTemplate(TokenizerFolder.chatTemplate(path)))
        .orElse(tokenizer);
  }

  static TokenizerFolder load(TokenizerConfig.Load load) {
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

  /**
   * Trains a tokenizer; its first special token begins and ends texts, as in the recipe. The texts
   * stream by: memory holds the distinct words.
   */
  public static TokenizerFolder train(TokenizerConfig.Train config, TextSource texts) {
    List<String> special = new ArrayList<>(config.specialTokens());
    TokenizerStyle style =
        switch (config.type()) {
          case BYTE_LEVEL_BPE -> TokenizerStyle.byteLevel(true);
          case BPE -> TokenizerStyle.wordPieces(config.continuingSubwordPrefix());
          case BYTE_FALLBACK_BPE -> {
            if (!special.contains(UNKNOWN)) {
              special.add(UNKNOWN);
            }
            yield TokenizerStyle.byteFallback(UNKNOWN);
          }
          case CHARACTERS -> CHARACTERS;
        };
    WordCounts counts = style.counts();
    texts.forEach(counts::add);
    boolean characters = config.type() == TokenizerConfig.Type.CHARACTERS;
    Bpe model =
        style
            .trainer()
            .vocabSize(characters ? ALPHABET_ONLY : config.vocabSize())
            .minFrequency(config.minFrequency())
            .specialTokens(special)
            .build()
            .train(counts);
    return TokenizerFolder.of(
        style.tokenizer(model, special), config.specialTokens().stream().findFirst());
  }
}
