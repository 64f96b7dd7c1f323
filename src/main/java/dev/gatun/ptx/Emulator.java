package dev.gatun.ptx;

import dev.gatun.core.ConfigurationException;
import dev.gatun.core.DataException;
import dev.gatun.device.Command.Dim3;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** An emulated GPU: its memory and the modules loaded into it. */
public final class Emulator implements AutoCloseable {
  private final Options options;
  private final GlobalMemory memory;
  private final Findings findings = new Findings();
  private final AtomicLong executed = new AtomicLong();

  public Emulator(Options options) {
    this.options = options;
    this.memory = new GlobalMemory(options.sanitize());
  }

  /** A module in the memory of the device. */
  public static final class Loaded {
    private final PtxModule module;
    private final Map<String, Program> programs;
    private final Map<Variable, Long> addresses;

    Loaded(PtxModule module, Map<String, Program> programs, Map<Variable, Long> addresses) {
      this.module = module;
      this.programs = programs;
      this.addresses = addresses;
    }

    /**
     * A kernel.
     *
     * @throws DataException if there is no entry of this name
     */
    public Kernel kernel(String entry) {
      Program program = programs.get(entry);
      if (program == null) {
        throw new DataException(
            "%s: there is no entry '%s'; it has %s"
                .formatted(module.file(), entry, module.entries()));
      }
      return new Kernel(program);
    }

    /** The address of a variable of the module; null if there is none. */
    public @Nullable Long address(String variable) {
      Variable found = module.scope().variable(variable);
      return found == null ? null : addresses.get(found);
    }
  }

  public Options options() {
    return options;
  }

  /** What has been found in kernels that went on; each place once per launch. */
  public List<Finding> findings() {
    return findings.all();
  }

  /** Forgets the findings. */
  public void clearFindings() {
    findings.clear();
  }

  /** Bytes of device memory in use. */
  public long usedBytes() {
    return memory.used();
  }

  GlobalMemory memory() {
    return memory;
  }

  /**
   * Loads a module: variables get memory, every function is decoded.
   *
   * @throws DataException naming line and text of an instruction that is not known
   */
  public Loaded load(PtxModule module) {
    Map<Variable, Long> addresses = new HashMap<>();
    Map<String, Variable> byName = new HashMap<>();
    for (Variable variable : variables(module)) {
      if (variable.external() || variable.space() == Space.SHARED) {
        continue;
      }
      boolean writable = variable.space() == Space.GLOBAL;
      addresses.put(variable, memory.allocate(variable.bytes(), variable.name(), writable).base);
      byName.put(variable.name(), variable);
    }
    for (Variable variable : addresses.keySet()) {
      initialise(module, variable, addresses, byName);
    }
    Map<String, Program> programs = new HashMap<>();
    for (Function function : module.functions().values()) {
      if (function.body() != null) {
        Program program = Builder.decode(module, function, addresses);
        if (function.entry()) {
          programs.put(function.name(), program);
        }
      }
    }
    return new Loaded(module, programs, addresses);
  }

  private static List<Variable> variables(PtxModule module) {
    List<Variable> all = new ArrayList<>(module.variables());
    module.functions().values().forEach(function -> all.addAll(function.statics()));
    return all;
  }

  /** Variables start with their values, the rest with zeros. */
  private void initialise(
      PtxModule module,
      Variable variable,
      Map<Variable, Long> addresses,
      Map<String, Variable> byName) {
    byte[] bytes = new byte[(int) Math.min(variable.bytes(), Integer.MAX_VALUE - 8)];
    System.arraycopy(variable.initial(), 0, bytes, 0, variable.initial().length);
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    for (Variable.Address pointer : variable.addresses()) {
      Variable target = byName.get(pointer.variable());
      if (target == null) {
        throw new DataException(
            "%s: the initial value of \"%s\" names \"%s\", which has no address"
                .formatted(module.file(), variable.name(), pointer.variable()));
      }
      long address = Objects.requireNonNull(addresses.get(target));
      buffer.putLong(pointer.offset(), address + pointer.addend());
    }
    memory.write(Objects.requireNonNull(addresses.get(variable)), MemorySegment.ofArray(bytes));
  }

  // ---- Memory

  /**
   * Allocates device memory with undefined contents.
   *
   * @param name what findings call it
   * @return its address
   */
  public long allocate(long bytes, String name) {
    return memory.allocate(bytes, name, true).base;
  }

  /** Frees an allocation; later uses are reported. */
  public void free(long address) {
    if (!memory.free(address)) {
      throw new IllegalArgumentException(
          "no live allocation begins at 0x%x: %s".formatted(address, memory.describe(address)));
    }
  }

  /** Copies host memory to the device. */
  public void write(long address, MemorySegment source) {
    memory.write(address, source);
  }

  /** Copies device memory to the host. */
  public void read(long address, MemorySegment target) {
    memory.read(address, target);
  }

  /** Copies within the device. */
  public void copy(long source, long target, long bytes) {
    memory.copy(source, target, bytes);
  }

  /** Sets every byte of a range. */
  public void fill(long address, long bytes, byte value) {
    memory.fill(address, bytes, value);
  }

  /** Sets every 32-bit word of a range. */
  public void fillWords(long address, long words, int value) {
    memory.fillWords(address, words, value);
  }

  // ---- Launches

  /**
   * Runs a kernel to its end.
   *
   * @param sharedBytes dynamic shared memory
   * @param parameters the parameters as the kernel lays them out ({@link Kernel#parameters})
   * @throws KernelFault if the kernel does what stops it
   * @throws ConfigurationException for a launch that no device accepts
   */
  public void launch(Kernel kernel, Dim3 grid, Dim3 block, int sharedBytes, byte[] parameters) {
    launch(kernel, grid, block, sharedBytes, parameters, null);
  }

  /** As {@link #launch}, and counts what every line does. */
  public Profile profile(Kernel kernel, Dim3 grid, Dim3 block, int sharedBytes, byte[] parameters) {
    Profile profile = new Profile();
    launch(kernel, grid, block, sharedBytes, parameters, profile);
    return profile;
  }

  /**
   * As {@link #launch}, and writes a line for every instruction of one thread.
   *
   * @param blockNumber the block, the x coordinate counting fastest
   * @param thread the number of the thread in its block
   */
  public void trace(
      Kernel kernel,
      Dim3 grid,
      Dim3 block,
      int sharedBytes,
      byte[] parameters,
      long blockNumber,
      int thread,
      Consumer<String> out) {
    Tracer tracer = new Tracer(kernel.program(), blockNumber, thread, out);
    launch(kernel, grid, block, sharedBytes, parameters, tracer);
  }

  private void launch(
      Kernel kernel,
      Dim3 grid,
      Dim3 block,
      int sharedBytes,
      byte[] parameters,
      @Nullable Observer observer) {
    run(new Launch(kernel.program(), grid, block, sharedBytes, parameters), observer);
  }

  /** As the other, of a launch that has been put together before. */
  void launch(Launch launch) {
    run(launch, null);
  }

  private void run(Launch launch, @Nullable Observer observer) {
    LaunchLimits.check(launch);
    findings.beginLaunch();
    new BlockRunner(this, launch, observer).run();
  }

  /** Warp instructions executed by all launches, about 32 times as many for lanes. */
  public long executed() {
    return executed.get();
  }

  void countExecuted(long instructions) {
    executed.addAndGet(instructions);
  }

  void report(Instruction at, Finding finding) {
    findings.add(at, finding);
  }

  @Override
  public void close() {
    memory.close();
  }
}
