package dev.gatun.token;

/**
 * A token that is cut out of the text before the model sees it.
 *
 * @param content how it is written in the text
 * @param singleWord whether it only counts where no word character touches it
 * @param lstrip whether it swallows white space before it
 * @param rstrip whether it swallows white space after it
 * @param normalized whether it is looked for in the normalized text, itself normalized
 * @param special whether decoding can leave it out
 */
public record AddedToken(
    String content,
    boolean singleWord,
    boolean lstrip,
    boolean rstrip,
    boolean normalized,
    boolean special) {
  public AddedToken {
    if (content.isEmpty()) {
      throw new IllegalArgumentException("an added token cannot be empty");
    }
  }

  /** A special token with every other flag off, as the reference library makes them. */
  public static AddedToken special(String content) {
    return new AddedToken(content, false, false, false, false, true);
  }

  /** An ordinary token, looked for in the normalized text, as the reference library makes them. */
  public static AddedToken ordinary(String content) {
    return new AddedToken(content, false, false, false, true, false);
  }
}
