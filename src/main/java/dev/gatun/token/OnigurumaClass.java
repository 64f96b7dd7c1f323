package dev.gatun.token;

import java.lang.Character.UnicodeScript;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** The character classes of Oniguruma by name, as members of a class for the JDK. */
final class OnigurumaClass {
  private static final String WORD = "\\p{IsAlphabetic}\\p{M}\\p{Nd}\\p{Pc}";

  /** By itself, the library's {@code \w} takes in superscripts and fractions of Latin-1. */
  private static final String WORD_ALONE = WORD + "\\xB2\\xB3\\xB9\\xBC-\\xBE";

  private static final String SPACE = "\\p{IsWhite_Space}";
  private static final String HEXADECIMAL = "0-9A-Fa-f";

  private static final Map<String, String> NAMED =
      Map.ofEntries(
          Map.entry("alnum", "\\p{IsAlphabetic}\\p{Nd}"),
          Map.entry("alpha", "\\p{IsAlphabetic}"),
          Map.entry("alphabetic", "\\p{IsAlphabetic}"),
          Map.entry("any", "\\x{0}-\\x{10FFFF}"),
          Map.entry("ascii", "\\x{0}-\\x{7F}"),
          Map.entry("blank", "\\p{Zs}\\t"),
          Map.entry("cntrl", "\\p{Cc}"),
          Map.entry("digit", "\\p{Nd}"),
          Map.entry("ideographic", "\\p{IsIdeographic}"),
          Map.entry("letter", "\\p{L}"),
          Map.entry("lower", "\\p{IsLowercase}"),
          Map.entry("lowercase", "\\p{IsLowercase}"),
          Map.entry("mark", "\\p{M}"),
          Map.entry("number", "\\p{N}"),
          Map.entry("punct", "\\p{P}"),
          Map.entry("punctuation", "\\p{P}"),
          Map.entry("separator", "\\p{Z}"),
          Map.entry("space", SPACE),
          Map.entry("symbol", "\\p{S}"),
          Map.entry("upper", "\\p{IsUppercase}"),
          Map.entry("uppercase", "\\p{IsUppercase}"),
          Map.entry("whitespace", SPACE),
          Map.entry("xdigit", HEXADECIMAL));

  private static final Pattern GENERAL_CATEGORY =
      Pattern.compile("L[ulmot]?|M[nce]?|N[dlo]?|P[cdseifo]?|S[mcko]?|Z[slp]?|C[cfso]?");

  /** What the JDK lets match in both cases where case is ignored, and Oniguruma does not. */
  private static final Pattern OF_ONE_CASE =
      Pattern.compile("(?i)l[ult]|upper(case)?|lower(case)?");

  private OnigurumaClass() {}

  /** The members of {@code \s}, {@code \d}, {@code \w} or {@code \h}. */
  static String shorthand(char letter, boolean inClass) {
    return switch (letter) {
      case 's' -> SPACE;
      case 'd' -> "\\p{Nd}";
      case 'w' -> inClass ? WORD : WORD_ALONE;
      case 'h' -> HEXADECIMAL;
      default -> throw new IllegalArgumentException("\\" + letter);
    };
  }

  /** The members of {@code \p{name}}: a general category, a property or a script. */
  static Optional<String> property(String name) {
    String members = NAMED.get(name.toLowerCase(Locale.ROOT).replaceAll("[ _-]", ""));
    if (members != null) {
      return Optional.of(members);
    }
    return GENERAL_CATEGORY.matcher(name).matches()
        ? Optional.of("\\p{" + name + "}")
        : script(name);
  }

  /** The members of {@code [:name:]}, which counts symbols as punctuation. */
  static Optional<String> bracket(String name) {
    return switch (name) {
      case "punct" -> Optional.of("\\p{P}\\p{S}");
      case "word" -> Optional.of(WORD);
      default -> Optional.ofNullable(NAMED.get(name));
    };
  }

  static boolean isOfOneCase(String name) {
    return OF_ONE_CASE.matcher(name).matches();
  }

  private static Optional<String> script(String name) {
    try {
      return Optional.of("\\p{Is" + UnicodeScript.forName(name).name() + "}");
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
