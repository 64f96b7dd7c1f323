package dev.gatun.token;

/**
 * What becomes of the delimiters when a text is split. With "-" in {@code the-final--countdown}:
 *
 * <pre>
 *   REMOVED              the final countdown
 *   ISOLATED             the - final - - countdown
 *   MERGED_WITH_PREVIOUS the- final- - countdown
 *   MERGED_WITH_NEXT     the -final - -countdown
 *   CONTIGUOUS           the - final -- countdown
 * </pre>
 */
public enum SplitBehavior {
  REMOVED,
  ISOLATED,
  MERGED_WITH_PREVIOUS,
  MERGED_WITH_NEXT,
  CONTIGUOUS
}
