package dev.gatun.token;

import it.unimi.dsi.fastutil.ints.IntArrayList;

/**
 * Decodes ids as they are generated. What {@link #add} and {@link #finish} return, joined, is
 * exactly what {@link Tokenizer#decode} gives for all ids, and no part ends in half a character.
 *
 * <p>A decoder may look at the token before (does a space go between?), so each step decodes a
 * short window, which begins with the tokens of the last text that was given out.
 */
public final class StreamingDecoder {
  private static final char HALF = '\uFFFD';

  private final Tokenizer tokenizer;
  private final boolean skipSpecialTokens;
  private final IntArrayList ids = new IntArrayList();
  private final StringBuilder given = new StringBuilder();

  /** The window is {@code ids[windowStart ..]}; of its text, {@code windowGiven} was given out. */
  private int windowStart;

  private int windowGiven;

  /** Where the tokens begin that have not been given out in full. */
  private int pending;

  public StreamingDecoder(Tokenizer tokenizer, boolean skipSpecialTokens) {
    this.tokenizer = tokenizer;
    this.skipSpecialTokens = skipSpecialTokens;
  }

  /** Takes one id and returns the text that is now certain; often one token's, sometimes none. */
  public String add(int id) {
    ids.add(id);
    String text = decode(windowStart);
    int certain = text.length();
    while (certain > windowGiven && text.charAt(certain - 1) == HALF) {
      certain--;
    }
    if (certain <= windowGiven) {
      return "";
    }
    String part = text.substring(windowGiven, certain);
    given.append(part);
    windowGiven = certain;
    if (certain == text.length()) {
      windowStart = pending;
      pending = ids.size();
      windowGiven = decode(windowStart).length();
    }
    return part;
  }

  /** What is left when no more ids come: the half characters, as U+FFFD. */
  public String finish() {
    String whole = decode(0);
    String rest = whole.startsWith(given.toString()) ? whole.substring(given.length()) : "";
    given.append(rest);
    return rest;
  }

  private String decode(int from) {
    return tokenizer.decode(ids.subList(from, ids.size()).toIntArray(), skipSpecialTokens);
  }
}
