package dev.gatun.ptx;

/**
 * Where an instruction stands.
 *
 * @param file the PTX file
 * @param line its line, from 1
 * @param text the instruction as written
 * @param origin file and line of the CUDA source that {@code .loc} gives, or an empty string
 */
record Source(String file, int line, String text, String origin) {
  @Override
  public String toString() {
    return file + ":" + line + (origin.isEmpty() ? "" : " (" + origin + ")") + " \"" + text + "\"";
  }
}
