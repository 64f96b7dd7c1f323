package dev.gatun.lora;

import dev.gatun.core.ConfigurationException;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * A regular expression of Python over names of modules. It may come from a stranger's file, so its
 * length and the work that one match may cost are bounded.
 */
final class NamePattern {
  private static final int MAX_LENGTH = 1000;
  private static final int MAX_READS = 1_000_000;

  private final String source;
  private final Pattern pattern;

  NamePattern(String source) {
    this.source = source;
    this.pattern = compile(source);
  }

  /**
   * Refuses what is no pattern.
   *
   * @param key where it stands
   * @throws ConfigurationException with the key, the pattern and what is wrong with it
   */
  static void requireValid(String key, String source) {
    try {
      compile(source);
    } catch (ConfigurationException e) {
      throw new ConfigurationException("key \"%s\": %s".formatted(key, e.getMessage()), e);
    }
  }

  private static Pattern compile(String source) {
    if (source.length() > MAX_LENGTH) {
      throw new ConfigurationException(
          "a pattern of %,d characters names modules; %,d are allowed"
              .formatted(source.length(), MAX_LENGTH));
    }
    try {
      return Pattern.compile(source.replace("(?P<", "(?<"));
    } catch (PatternSyntaxException e) {
      throw new ConfigurationException(
          "the pattern '%s' is no regular expression: %s".formatted(source, e.getDescription()), e);
    }
  }

  /** Whether it matches the whole name. */
  boolean matches(String name) {
    return pattern.matcher(new Counted(name, source)).matches();
  }

  /** A text that refuses to be read without end, which a pattern can be made to do. */
  private static final class Counted implements CharSequence {
    private final String text;
    private final String pattern;
    private int reads;

    Counted(String text, String pattern) {
      this.text = text;
      this.pattern = pattern;
    }

    @Override
    public char charAt(int index) {
      if (reads++ == MAX_READS) {
        throw new ConfigurationException(
            "the pattern '%s' needs too many steps on the name %s; write it without nested repeats"
                .formatted(pattern, text));
      }
      return text.charAt(index);
    }

    @Override
    public int length() {
      return text.length();
    }

    @Override
    public CharSequence subSequence(int start, int end) {
      return text.substring(start, end);
    }

    @Override
    public String toString() {
      return text;
    }
  }
}
