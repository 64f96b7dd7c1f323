package dev.gatun.token;

/** Undoes the spaces that a decoder of words leaves before English punctuation. */
public final class CleanUp {
  private static final String[][] REPLACEMENTS = {
    {" .", "."},
    {" ?", "?"},
    {" !", "!"},
    {" ,", ","},
    {" ' ", "'"},
    {" n't", "n't"},
    {" 'm", "'m"},
    {" 's", "'s"},
    {" 've", "'ve"},
    {" 're", "'re"},
  };

  private CleanUp() {}

  /**
   * What the reference's {@code clean_up_tokenization_spaces} does to a whole text, and the
   * WordPiece decoder to each part.
   */
  public static String apply(String text) {
    String clean = text;
    for (String[] replacement : REPLACEMENTS) {
      clean = clean.replace(replacement[0], replacement[1]);
    }
    return clean;
  }
}
