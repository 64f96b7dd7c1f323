/**
 * Tokenizers: text to ids and back, with the semantics of Hugging Face's {@code tokenizers}
 * library, and training of byte pair encodings.
 *
 * <pre>
 *   text -> added tokens cut out -> Normalizer -> PreTokenizer -> Bpe -> PostProcessor -> ids
 *   ids -> tokens -> Decoder -> text
 *   messages -> ChatTemplate -> text
 * </pre>
 *
 * <p>Everything here is immutable and safe for many threads, apart from {@link
 * dev.gatun.token.WordCounts} and {@link dev.gatun.token.StreamingDecoder}, which collect.
 */
@NullMarked
package dev.gatun.token;

import org.jspecify.annotations.NullMarked;
