package dev.gatun.data.quickstart;

/** Korean particles whose form depends on whether the word before them ends in a consonant. */
enum Josa {
  TOPIC("은", "는"),
  SUBJECT("이", "가"),
  OBJECT("을", "를"),
  AND("과", "와"),
  QUOTE("이라고", "라고");

  private static final char FIRST_SYLLABLE = '가';
  private static final char LAST_SYLLABLE = '힣';
  private static final int FINALS = 28;

  /** Whether the Sino-Korean reading of a number ending in this digit ends in a consonant. */
  private static final String DIGITS_WITH_FINAL = "013678";

  private static final String DIGITS_WITHOUT_FINAL = "2459";

  private final String afterConsonant;
  private final String afterVowel;

  Josa(String afterConsonant, String afterVowel) {
    this.afterConsonant = afterConsonant;
    this.afterVowel = afterVowel;
  }

  /** The word with this particle; a closing quotation mark at its end is looked through. */
  String after(String word) {
    return word + (endsInConsonant(word) ? afterConsonant : afterVowel);
  }

  /** The number, read in Sino-Korean, with this particle. */
  String after(int number) {
    return after(Integer.toString(number));
  }

  private static boolean endsInConsonant(String word) {
    int last = word.endsWith("'") ? word.length() - 2 : word.length() - 1;
    char c = word.charAt(last);
    if (c >= FIRST_SYLLABLE && c <= LAST_SYLLABLE) {
      return (c - FIRST_SYLLABLE) % FINALS != 0;
    }
    if (DIGITS_WITH_FINAL.indexOf(c) >= 0) {
      return true;
    }
    if (DIGITS_WITHOUT_FINAL.indexOf(c) >= 0) {
      return false;
    }
    throw new IllegalArgumentException("no reading is known for the end of '" + word + "'");
  }
}
