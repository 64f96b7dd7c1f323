package dev.gatun.token;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * Text to ids and back. Immutable, and safe for many threads at once.
 *
 * <p>A text is a string without unpaired surrogates; one with them has no UTF-8 form, and encoding
 * it is an {@link IllegalArgumentException} that says where.
 */
public final class Tokenizer {
  private final Bpe model;
  private final @Nullable Normalizer normalizer;
  private final @Nullable PreTokenizer preTokenizer;
  private final @Nullable PostProcessor postProcessor;
  private final @Nullable Decoder decoder;

  private final SortedMap<Integer, AddedToken> addedTokens;
  private final Map<String, Integer> addedIds;
  private final Set<String> specialContents;
  private final AddedTokenMatcher rawTokens;
  private final AddedTokenMatcher normalizedTokens;
  private final Words words;

  /** What one thread needs to encode; taken out while it does and put back after. */
  private final ConcurrentLinkedQueue<Scratch> scratches = new ConcurrentLinkedQueue<>();

  private static final class Scratch {
    final WordCache cache = new WordCache();
    final BpeWorkspace workspace = new BpeWorkspace();
  }

  private Tokenizer(Builder builder) {
    model = builder.model;
    normalizer = builder.normalizer;
    preTokenizer = builder.preTokenizer;
    postProcessor = builder.postProcessor;
    decoder = builder.decoder;
    addedTokens = Collections.unmodifiableSortedMap(new TreeMap<>(builder.addedTokens));
    addedIds = new HashMap<>();
    specialContents = new HashSet<>();
    List<AddedTokenMatcher.Candidate> raw = new ArrayList<>();
    List<AddedTokenMatcher.Candidate> normalized = new ArrayList<>();
    addedTokens.forEach(
        (id, token) -> {
          addedIds.put(token.content(), id);
          if (token.special()) {
            specialContents.add(token.content());
          }
          String written = token.normalized() ? normalized(token.content()) : token.content();
          (token.normalized() ? normalized : raw)
              .add(new AddedTokenMatcher.Candidate(token, written, id));
        });
    rawTokens = new AddedTokenMatcher(raw);
    normalizedTokens = new AddedTokenMatcher(normalized);
    words = new Words(preTokenizer);
  }

  /** Starts a tokenizer around a model. */
  public static Builder builder(Bpe model) {
    return new Builder(model);
  }

  /** Starts a tokenizer that has everything this one has. */
  public Builder toBuilder() {
    Builder builder = new Builder(model);
    builder.normalizer = normalizer;
    builder.preTokenizer = preTokenizer;
    builder.postProcessor = postProcessor;
    builder.decoder = decoder;
    builder.addedTokens.putAll(addedTokens);
    builder.addedIds.putAll(addedIds);
    return builder;
  }

  public Bpe model() {
    return model;
  }

  public Optional<Normalizer> normalizer() {
    return Optional.ofNullable(normalizer);
  }

  public Optional<PreTokenizer> preTokenizer() {
    return Optional.ofNullable(preTokenizer);
  }

  public Optional<PostProcessor> postProcessor() {
    return Optional.ofNullable(postProcessor);
  }

  public Optional<Decoder> decoder() {
    return Optional.ofNullable(decoder);
  }

  /** Every added token by its id. */
  public SortedMap<Integer, AddedToken> addedTokens() {
    return addedTokens;
  }

  /** Whether a token is one of the added tokens. */
  public boolean isAdded(String content) {
    return addedIds.containsKey(content);
  }

  /** The number of tokens, added ones included: {@code len(tokenizer)} of the reference. */
  public int vocabSize() {
    int size = model.vocabulary().size();
    for (AddedToken token : addedTokens.values()) {
      if (model.vocabulary().id(token.content()).isEmpty()) {
        size++;
      }
    }
    return size;
  }

  /** One more than the largest id: the least number of rows an embedding needs. */
  public int idBound() {
    int added = addedTokens.isEmpty() ? 0 : addedTokens.lastKey() + 1;
    return Math.max(added, model.vocabulary().idBound());
  }

  /** The id of a token, added ones first. */
  public OptionalInt id(String token) {
    Integer added = addedIds.get(token);
    return added != null ? OptionalInt.of(added) : model.vocabulary().id(token);
  }

  /** The token of an id, added ones first; null for an id that none has. */
  public @Nullable String token(int id) {
    AddedToken added = addedTokens.get(id);
    return added != null ? added.content() : model.vocabulary().token(id);
  }

  /** Whether a token is left out by a decoding that skips special tokens. */
  public boolean isSpecial(int id) {
    return specialContents.contains(token(id));
  }

  /**
   * Encodes a text with everything that can be known about its tokens.
   *
   * @param addSpecialTokens whether the post-processor puts in its special tokens
   */
  public Encoding encode(String text, boolean addSpecialTokens) {
    TokenList tokens = new TokenList(true);
    encode(text, tokens);
    Encoding encoding = tokens.encoding();
    return postProcessor == null ? encoding : postProcessor.process(encoding, addSpecialTokens);
  }

  /** The ids of {@link #encode(String, boolean)}, without the cost of the rest. */
  public int[] encodeIds(String text, boolean addSpecialTokens) {
    TokenList tokens = new TokenList(false);
    encode(text, tokens);
    int[] ids = tokens.ids();
    return postProcessor == null ? ids : postProcessor.processIds(ids, addSpecialTokens);
  }

  /**
   * The text of ids. An id that no token has is passed over, as the reference does.
   *
   * @param skipSpecialTokens whether special tokens are left out
   */
  public String decode(int[] ids, boolean skipSpecialTokens) {
    List<String> tokens = new ArrayList<>(ids.length);
    for (int id : ids) {
      String token = token(id);
      if (token != null && !(skipSpecialTokens && specialContents.contains(token))) {
        tokens.add(token);
      }
    }
    return decoder == null ? String.join(" ", tokens) : String.join("", decoder.decode(tokens));
  }

  private void encode(String text, TokenList out) {
    requireWellFormed(text);
    boolean aligned =
        out.aligned() || words.positional() || (normalizer != null && words.positionalAnywhere());
    NormalizedText whole = NormalizedText.of(text, aligned);
    Scratch scratch = Objects.requireNonNullElseGet(scratches.poll(), Scratch::new);
    rawTokens.match(
        text,
        (from, to, id) -> {
          if (id == AddedTokenMatcher.NO_TOKEN) {
            encodeRaw(whole.slice(from, to), scratch, out);
          } else {
            addToken(whole.slice(from, to), id, out);
          }
        });
    scratches.offer(scratch);
  }

  private void encodeRaw(NormalizedText section, Scratch scratch, TokenList out) {
    NormalizedText text = normalizer == null ? section : normalizer.normalize(section);
    normalizedTokens.match(
        text.text(),
        (from, to, id) -> {
          if (id == AddedTokenMatcher.NO_TOKEN) {
            encodeSection(text.slice(from, to), scratch, out);
          } else {
            addToken(text.slice(from, to), id, out);
          }
        });
  }

  /** A stretch of text in which no added token stands. */
  private void encodeSection(NormalizedText section, Scratch scratch, TokenList out) {
    NormalizedText text = words.lead(section);
    boolean cached = words.cuts() && !out.aligned() && !words.positional();
    words.split(
        text.text(),
        (from, to) -> {
          if (cached) {
            encodeCached(text, from, to, scratch, out);
          } else {
            encodeWord(text.slice(from, to), scratch, out);
          }
        });
  }

  private void encodeCached(NormalizedText text, int from, int to, Scratch scratch, TokenList out) {
    int hash = SpanTable.hash(text.text(), from, to);
    int known = scratch.cache.find(text.text(), from, to, hash);
    if (known != SpanTable.ABSENT) {
      scratch.cache.copyIds(known, out);
      return;
    }
    int first = out.size();
    encodeWord(text.slice(from, to), scratch, out);
    scratch.cache.put(text.text(), from, to, hash, out, first);
  }

  private void encodeWord(NormalizedText word, Scratch scratch, TokenList out) {
    words.finish(
        word,
        piece -> {
          BpeWorkspace workspace = scratch.workspace;
          model.encode(piece.text(), workspace);
          if (out.aligned()) {
            addAligned(piece, workspace, out);
          } else {
            for (int i = 0; i < workspace.size(); i++) {
              out.addId(workspace.id(i));
            }
          }
        });
  }

  /**
   * Tokens with offsets. The model counts in UTF-8 bytes from the front of the piece, which leads
   * to another character than the token's own where an unknown one has vanished before it: the
   * reference's offsets do the same.
   */
  private void addAligned(NormalizedText piece, BpeWorkspace tokens, TokenList out) {
    Utf8Cursor cursor = new Utf8Cursor(piece.text());
    int offset = 0;
    for (int i = 0; i < tokens.size(); i++) {
      int start = piece.start(cursor.unitAt(offset));
      offset += tokens.bytes(i);
      int end = piece.end(cursor.unitAt(offset - 1));
      String token = Objects.requireNonNull(model.vocabulary().token(tokens.id(i)));
      out.add(tokens.id(i), token, start, end);
    }
  }

  private void addToken(NormalizedText part, int id, TokenList out) {
    if (out.aligned()) {
      out.add(id, part.text(), part.start(0), part.end(part.length() - 1));
    } else {
      out.addId(id);
    }
  }

  private String normalized(String content) {
    return normalizer == null
        ? content
        : normalizer.normalize(NormalizedText.of(content, false)).text();
  }

  private static void requireWellFormed(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        if (Character.charCount(text.codePointAt(i)) == 1) {
          throw new IllegalArgumentException(
              "the text has an unpaired surrogate at UTF-16 index " + i + ": it is not Unicode");
        }
        i++;
      }
    }
  }

  /** Collects the parts of a tokenizer. */
  public static final class Builder {
    private final Bpe model;
    private @Nullable Normalizer normalizer;
    private @Nullable PreTokenizer preTokenizer;
    private @Nullable PostProcessor postProcessor;
    private @Nullable Decoder decoder;
    private final TreeMap<Integer, AddedToken> addedTokens = new TreeMap<>();
    private final Map<String, Integer> addedIds = new HashMap<>();

    private Builder(Bpe model) {
      this.model = model;
    }

    public Builder normalizer(@Nullable Normalizer newNormalizer) {
      normalizer = newNormalizer;
      return this;
    }

    public Builder preTokenizer(@Nullable PreTokenizer newPreTokenizer) {
      preTokenizer = newPreTokenizer;
      return this;
    }

    public Builder postProcessor(@Nullable PostProcessor newPostProcessor) {
      postProcessor = newPostProcessor;
      return this;
    }

    public Builder decoder(@Nullable Decoder newDecoder) {
      decoder = newDecoder;
      return this;
    }

    /**
     * Adds a token, or changes the flags of one. Its id is the one it has already, in the model or
     * among the added tokens; otherwise the next after all others.
     *
     * @return the id
     */
    public int add(AddedToken token) {
      int id = idFor(token.content());
      addedTokens.put(id, token);
      addedIds.put(token.content(), id);
      return id;
    }

    private int idFor(String content) {
      Integer added = addedIds.get(content);
      if (added != null) {
        return added;
      }
      OptionalInt known = model.vocabulary().id(content);
      if (known.isPresent()) {
        return known.getAsInt();
      }
      int next = addedTokens.isEmpty() ? 0 : addedTokens.lastKey() + 1;
      int id = Math.max(next, model.vocabulary().size());
      String holder = model.vocabulary().token(id);
      if (holder != null) {
        throw new IllegalArgumentException(
            "\"%s\" would get the id %d, which \"%s\" has: the ids of the vocabulary leave gaps"
                .formatted(content, id, holder));
      }
      return id;
    }

    public Tokenizer build() {
      return new Tokenizer(this);
    }
  }
}
