package dev.gatun.cli;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Facts about this machine that the JVM or the kernel tells. */
final class Machine {
  private static final Path PROCESSORS = Path.of("/proc/cpuinfo");
  private static final Path MEMORY = Path.of("/proc/meminfo");
  private static final Path HUGE_PAGES = Path.of("/sys/kernel/mm/transparent_hugepage/enabled");

  private Machine() {}

  /** The model name of the processor, where the kernel tells it. */
  static Optional<String> processor() {
    return find(PROCESSORS, "model name\\s*:\\s*(.+)");
  }

  /** Bytes of memory in the machine, or in the container that limits this process. */
  static long totalMemory() {
    return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
  }

  /** Bytes that can be allocated without paging: free ones and, where known, disk caches. */
  static long availableMemory() {
    long free =
        ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getFreeMemorySize();
    long available =
        find(MEMORY, "MemAvailable:\\s*(\\d+) kB").map(Long::parseLong).orElse(0L) * 1024;
    return Math.min(totalMemory(), Math.max(free, available));
  }

  /** Linux's setting for transparent huge pages: always, madvise or never. */
  static Optional<String> hugePages() {
    return find(HUGE_PAGES, "\\[(\\w+)]");
  }

  /** The most memory that this process has held at one time, code and Java heap included. */
  static Optional<Long> peakResidentBytes() {
    return find(Path.of("/proc/self/status"), "VmHWM:\\s+(\\d+) kB")
        .map(kib -> Long.parseLong(kib) * 1024);
  }

  /** The value of an option of this JVM, if it has that option. */
  static Optional<String> option(String name) {
    HotSpotDiagnosticMXBean hotSpot =
        ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
    try {
      return Optional.of(hotSpot.getVMOption(name).getValue());
    } catch (IllegalArgumentException e) { // there is no other way to ask
      return Optional.empty();
    }
  }

  private static Optional<String> find(Path file, String pattern) {
    if (!Files.isReadable(file)) {
      return Optional.empty(); // another system than Linux, or a closed container
    }
    try {
      Matcher matcher = Pattern.compile(pattern).matcher(Files.readString(file));
      return matcher.find() ? Optional.of(matcher.group(1).strip()) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty(); // these files tell of the machine; nothing is computed from them
    }
  }
}
