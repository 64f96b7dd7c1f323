package dev.gatun.token;

/** Undoes the spaces that a decoder of words leaves before English punctuation. */
public final class CleanUp {
  private static final String[][] PUNCTUATION = {
    {" .", "."}, {" ?", "?"}, {" !", "!"}, {" ,", ","}, {" ' ", "'"}, {" n't", "n't"}, {" 'm", "'m"}
  };
  private static final String[][] DO_NOT = {{" do not", " don't"}};
  private static final String[][] CONTRACTIONS = {{" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}};

  private CleanUp() {}

  /** What the reference's {@code clean_up_tokenization_spaces} does to a whole text. */
  public static String apply(String text) {
    return replaceAll(replaceAll(text, PUNCTUATION), CONTRACTIONS);
  }

  /** What the reference's WordPiece decoder does to each part: the same and one more. */
  static String applyToPart(String part) {
    return replaceAll(replaceAll(replaceAll(part, PUNCTUATION), DO_NOT), CONTRACTIONS);
  }

  private static String replaceAll(String text, String[][] replacements) {
    String clean = text;
    for (String[] replacement : replacements) {
      clean = clean.replace(replacement[0], replacement[1]);
    }
    return clean;
  }
}
