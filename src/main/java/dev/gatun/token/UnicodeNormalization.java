package dev.gatun.token;

import java.text.Normalizer.Form;
import java.util.ArrayList;
import java.util.List;

/**
 * Unicode normalization (UAX 15) that keeps alignment. The JDK normalizes whole strings and says
 * neither what came from where nor the combining class of a character, so where offsets are wanted
 * the algorithm runs here, step by step, on the JDK's answers for single characters and pairs.
 *
 * <pre>
 *   decompose each character -> order the marks -> compose pairs, if the form composes
 * </pre>
 */
final class UnicodeNormalization {
  private final Form form;
  private final Form decomposition;
  private final boolean composes;

  private UnicodeNormalization(Form form, Form decomposition) {
    this.form = form;
    this.decomposition = decomposition;
    this.composes = form != decomposition;
  }

  static UnicodeNormalization of(Normalizer.Form form) {
    return switch (form) {
      case NFC -> new UnicodeNormalization(Form.NFC, Form.NFD);
      case NFD -> new UnicodeNormalization(Form.NFD, Form.NFD);
      case NFKC -> new UnicodeNormalization(Form.NFKC, Form.NFKD);
      case NFKD -> new UnicodeNormalization(Form.NFKD, Form.NFKD);
    };
  }

  NormalizedText apply(NormalizedText text) {
    String old = text.text();
    if (java.text.Normalizer.isNormalized(old, form)) {
      return text;
    }
    if (!text.aligned()) {
      String normalized = java.text.Normalizer.normalize(old, form);
      return text.rewrite().put(normalized, -1).done();
    }
    List<Unit> units = ordered(decomposed(old));
    return write(text, composes ? composed(units) : units);
  }

  /**
   * A code point of the result and the reference library's account of it: 1 for an insertion after
   * the previous one, -n for a replacement that also swallows the n old characters that follow.
   */
  private record Unit(int codePoint, int change) {}

  private List<Unit> decomposed(String text) {
    List<Unit> units = new ArrayList<>(text.length());
    text.codePoints()
        .forEach(
            codePoint -> {
              int[] parts =
                  codePoint < 0x80
                      ? new int[] {codePoint}
                      : normalize(decomposition, codePoint).codePoints().toArray();
              for (int i = 0; i < parts.length; i++) {
                units.add(new Unit(parts[i], i == 0 ? 0 : 1));
              }
            });
    return units;
  }

  /** Sorts each run of marks by combining class, keeping equals in order: UAX 15, D108. */
  private static List<Unit> ordered(List<Unit> units) {
    for (int i = 1; i < units.size(); i++) {
      for (int j = i; j > 0 && swaps(units.get(j - 1), units.get(j)); j--) {
        Unit moved = units.get(j);
        units.set(j, units.get(j - 1));
        units.set(j - 1, moved);
      }
    }
    return units;
  }

  /** Whether class(first) > class(second) > 0, seen from what the JDK does with the pair. */
  private static boolean swaps(Unit first, Unit second) {
    if (first.codePoint < 0x300 || second.codePoint < 0x300) {
      return false;
    }
    return normalize(Form.NFD, first.codePoint, second.codePoint).codePointAt(0) != first.codePoint
        && first.codePoint != second.codePoint;
  }

  /** The composition of UAX 15, D117: each mark with the last starter, unless it is blocked. */
  private static List<Unit> composed(List<Unit> units) {
    List<Unit> result = new ArrayList<>(units.size());
    int starter = -1;
    for (Unit unit : units) {
      if (starter >= 0 && !blocked(result, starter, unit)) {
        int pair = compose(result.get(starter).codePoint, unit.codePoint);
        if (pair >= 0) {
          int change = result.get(starter).change + unit.change - 1;
          result.set(starter, new Unit(pair, change));
          continue;
        }
      }
      if (isStarter(unit.codePoint)) {
        starter = result.size();
      }
      result.add(unit);
    }
    return result;
  }

  /** Something stands between, and its class is not lower than the unit's. */
  private static boolean blocked(List<Unit> result, int starter, Unit unit) {
    if (starter == result.size() - 1) {
      return false;
    }
    if (isStarter(unit.codePoint)) {
      return true;
    }
    Unit between = result.getLast();
    return between.codePoint == unit.codePoint || !swaps(unit, between);
  }

  /** The canonical composition of two code points, or -1. */
  private static int compose(int first, int second) {
    if (second < 0x300) {
      return -1;
    }
    String pair = normalize(Form.NFC, first, second);
    return pair.codePointCount(0, pair.length()) == 1 ? pair.codePointAt(0) : -1;
  }

  /**
   * Whether the combining class is 0: neither a mark of class 1 after it nor one of class 230
   * before it changes places with it, so its class is neither above 1 nor between 0 and 230.
   */
  private static boolean isStarter(int codePoint) {
    if (codePoint < 0x300 || Character.isLetter(codePoint)) {
      return true;
    }
    int overlay = 0x334;
    int above = 0x301;
    return normalize(Form.NFD, 'a', codePoint, overlay).codePointAt(1) != overlay
        && normalize(Form.NFD, 'a', above, codePoint).codePointAt(1) == above;
  }

  private static NormalizedText write(NormalizedText text, List<Unit> units) {
    String old = text.text();
    NormalizedText.Rewrite rewrite = text.rewrite();
    int at = 0;
    int previous = -1;
    for (Unit unit : units) {
      if (unit.change > 0) {
        rewrite.put(unit.codePoint, previous);
        continue;
      }
      rewrite.put(unit.codePoint, at);
      for (int i = 0; i <= -unit.change; i++) {
        previous = at;
        at = old.offsetByCodePoints(at, 1);
      }
    }
    return rewrite.done();
  }

  private static String normalize(Form form, int... codePoints) {
    return java.text.Normalizer.normalize(new String(codePoints, 0, codePoints.length), form);
  }
}
