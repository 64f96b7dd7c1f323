package dev.gatun.data;

/** From text to token ids: all that this package knows of a tokenizer. */
@FunctionalInterface
public interface TextEncoder {
  /** The ids of a text; possibly none, when every character is unknown. */
  int[] encode(String text);

  /** This encoder with fixed ids around every text, for example BOS before and EOS after. */
  default TextEncoder between(int[] before, int[] after) {
    int[] prefix = before.clone();
    int[] suffix = after.clone();
    return text -> {
      int[] ids = encode(text);
      int[] all = new int[prefix.length + ids.length + suffix.length];
      System.arraycopy(prefix, 0, all, 0, prefix.length);
      System.arraycopy(ids, 0, all, prefix.length, ids.length);
      System.arraycopy(suffix, 0, all, prefix.length + ids.length, suffix.length);
      return all;
    };
  }
}
