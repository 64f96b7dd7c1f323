package dev.gatun.data;

/**
 * One example of instruction tuning, in the fields of the Alpaca data set.
 *
 * @param instruction what is asked
 * @param input the material that the instruction is about; empty when it needs none
 * @param output the answer to learn
 */
public record InstructionRow(String instruction, String input, String output) {
  /** A row without input. */
  public InstructionRow(String instruction, String output) {
    this(instruction, "", output);
  }
}
