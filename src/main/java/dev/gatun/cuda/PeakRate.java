package dev.gatun.cuda;

import java.util.TreeMap;

/**
 * How fast a GPU can be: multiply-adds per clock and multiprocessor, of its architecture's data
 * sheet, times its clock. Tensor cores are counted with F32 sums and dense factors.
 *
 * @param f32 of the ordinary units
 * @param bf16 of the tensor cores; 0 where there are none for bf16
 */
record PeakRate(int f32, int bf16) {
  private static final TreeMap<Integer, PeakRate> OF_CAPABILITY = new TreeMap<>();

  static {
    OF_CAPABILITY.put(75, new PeakRate(64, 0)); // Turing
    OF_CAPABILITY.put(80, new PeakRate(64, 1024)); // A100
    OF_CAPABILITY.put(86, new PeakRate(128, 512)); // A40, RTX 30
    OF_CAPABILITY.put(90, new PeakRate(128, 2048)); // H100
    OF_CAPABILITY.put(100, new PeakRate(128, 4096)); // B200
    OF_CAPABILITY.put(120, new PeakRate(128, 512)); // RTX PRO 6000
  }

  /** Operations per second in 10¹², of the newest architecture known that is not newer. */
  static double teraflops(CudaDriver driver, int ordinal, boolean bf16) {
    int capability = CudaMemory.capability(driver, ordinal);
    PeakRate rate = OF_CAPABILITY.floorEntry(Math.max(75, capability)).getValue();
    double perClock = 2.0 * (bf16 ? rate.bf16() : rate.f32());
    if (perClock == 0) {
      return Double.NaN;
    }
    int processors = driver.deviceAttribute(ordinal, DeviceAttribute.MULTIPROCESSOR_COUNT);
    double kilohertz = driver.deviceAttribute(ordinal, DeviceAttribute.CLOCK_RATE);
    return perClock * processors * kilohertz / 1e9;
  }
}
