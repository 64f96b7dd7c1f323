package dev.gatun.ptx;

/** Watches a warp instruction by instruction. */
interface Observer {
  /**
   * @param mask the lanes that will execute it; may be empty
   */
  void before(Warp warp, Instruction instruction, int mask);

  void after(Warp warp, Instruction instruction, int mask);
}
