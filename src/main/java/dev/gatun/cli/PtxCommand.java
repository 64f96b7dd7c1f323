package dev.gatun.cli;

import dev.gatun.core.ConfigurationException;
import dev.gatun.core.DataException;
import dev.gatun.core.VerificationException;
import dev.gatun.device.Command.Dim3;
import dev.gatun.ptx.Emulator;
import dev.gatun.ptx.Finding;
import dev.gatun.ptx.Kernel;
import dev.gatun.ptx.KernelFault;
import dev.gatun.ptx.Options;
import dev.gatun.ptx.Profile;
import dev.gatun.ptx.PtxModule;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gatun ptx run}: executes a kernel of a PTX file on the emulated GPU. */
@Command(
    name = "ptx",
    description = "Runs PTX on the emulated GPU.",
    mixinStandardHelpOptions = true)
final class PtxCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "say what to do: ptx run");
  }

  @Command(
      name = "run",
      description = "Runs one kernel and reports what it does wrong.",
      mixinStandardHelpOptions = true)
  int run(
      @Parameters(paramLabel = "FILE", description = "The PTX file.") Path file,
      @Parameters(paramLabel = "ENTRY", description = "The kernel.") String entry,
      @Option(names = "--grid", defaultValue = "1", description = "Blocks: X,Y,Z.") String grid,
      @Option(names = "--block", defaultValue = "1", description = "Threads: X,Y,Z.") String block,
      @Option(
              names = "--shared",
              defaultValue = "0",
              description = "Bytes of dynamic shared memory.")
          int shared,
      @Option(
              names = "--arg",
              paramLabel = "ARG",
              description =
                  "i32:V, u32:V, i64:V, u64:V, f32:V, f64:V or buf:BYTES[:in=FILE][:out=FILE];"
                      + " a buffer without a file begins as zeros.")
          List<String> arguments,
      @Option(
              names = "--seed",
              defaultValue = "0",
              description = "Shuffles the order of warps and atomics.")
          long seed,
      @Option(
              names = "--no-sanitize",
              description = "Do not look for races and uninitialised reads.")
          boolean noSanitize,
      @Option(
              names = "--trace",
              arity = "0..1",
              fallbackValue = "0:0",
              paramLabel = "BLOCK:THREAD",
              description = "Print every step of a thread with the registers it changes.")
          @Nullable String trace,
      @Option(names = "--profile", description = "Print what every line does.") boolean profile) {
    Options standard = Options.standard();
    Options options = new Options(!noSanitize, seed, standard.threads());
    PtxModule module = PtxModule.read(file);
    try (Emulator emulator = new Emulator(options)) {
      Kernel kernel = emulator.load(module).kernel(entry);
      List<PtxArgument> parsed =
          (arguments == null ? List.<String>of() : arguments)
              .stream().map(PtxArgument::parse).toList();
      List<Bound> bound = bind(kernel, parsed, emulator);
      byte[] parameters = new byte[kernel.parameterBytes()];
      bound.forEach(one -> one.put(parameters));
      try {
        Run run =
            new Run(
                emulator, kernel, size("--grid", grid), size("--block", block), shared, parameters);
        launch(run, trace, profile);
      } catch (KernelFault fault) {
        throw new VerificationException(String.valueOf(fault.getMessage()));
      }
      for (Bound one : bound) {
        one.save(emulator);
      }
      report(emulator.findings());
    }
    return ExitCode.OK.code();
  }

  /** A launch with its arguments. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Run(
      Emulator emulator, Kernel kernel, Dim3 grid, Dim3 block, int shared, byte[] parameters) {}

  private void launch(Run run, @Nullable String trace, boolean profile) {
    PrintWriter out = spec.commandLine().getOut();
    if (profile) {
      print(out, run.emulator.profile(run.kernel, run.grid, run.block, run.shared, run.parameters));
    } else if (trace != null) {
      Matcher place = Pattern.compile("(\\d{1,9}):(\\d{1,4})").matcher(trace);
      if (!place.matches()) {
        throw new ConfigurationException(
            "--trace " + trace + ": write the number of a block and of a thread in it, as 0:31");
      }
      run.emulator.trace(
          run.kernel,
          run.grid,
          run.block,
          run.shared,
          run.parameters,
          Long.parseLong(place.group(1)),
          Integer.parseInt(place.group(2)),
          out::println);
    } else {
      run.emulator.launch(run.kernel, run.grid, run.block, run.shared, run.parameters);
    }
    out.flush();
  }

  private static void print(PrintWriter out, Profile profile) {
    out.println(
        " line     warps        lanes        bytes    sectors      ideal  conflicts  splits  text");
    for (Profile.Row row : profile.rows()) {
      out.println(
          String.format(
              Locale.ROOT,
              "%5d %9d %12d %12d %10d %10d %10d %7d  %s%s",
              row.line(),
              row.executed(),
              row.lanes(),
              row.bytes(),
              row.sectors(),
              row.idealSectors(),
              row.bankConflicts(),
              row.splits(),
              row.text(),
              row.origin().isEmpty() ? "" : "  // " + row.origin()));
    }
  }

  private void report(List<Finding> findings) {
    PrintWriter err = spec.commandLine().getErr();
    findings.forEach(finding -> err.println(finding));
    if (!findings.isEmpty()) {
      throw new VerificationException(
          "the kernel ran to its end, and does %d things wrong".formatted(findings.size()));
    }
  }

  /** An argument with its parameter, and the address of its buffer. */
  private record Bound(PtxArgument argument, Kernel.Parameter parameter, long address) {
    void put(byte[] parameters) {
      ByteBuffer buffer = ByteBuffer.wrap(parameters).order(ByteOrder.LITTLE_ENDIAN);
      switch (argument) {
        case PtxArgument.Scalar number -> number.put(buffer, parameter.offset(), parameter.bytes());
        case PtxArgument.DeviceBuffer _ -> buffer.putLong(parameter.offset(), address);
      }
    }

    void save(Emulator emulator) {
      if (argument instanceof PtxArgument.DeviceBuffer buffer && buffer.out() != null) {
        byte[] bytes = new byte[Math.toIntExact(buffer.bytes())];
        emulator.read(address, MemorySegment.ofArray(bytes));
        try {
          Files.write(buffer.out(), bytes);
        } catch (IOException e) {
          throw new DataException(buffer.out() + ": cannot be written: " + e, e);
        }
      }
    }
  }

  private static List<Bound> bind(Kernel kernel, List<PtxArgument> arguments, Emulator emulator) {
    List<Kernel.Parameter> parameters = kernel.parameters();
    if (parameters.size() != arguments.size()) {
      throw new ConfigurationException(
          "kernel %s takes %d arguments, --arg is given %d times"
              .formatted(kernel.name(), parameters.size(), arguments.size()));
    }
    List<Bound> bound = new ArrayList<>();
    for (int i = 0; i < parameters.size(); i++) {
      bound.add(bind(parameters.get(i), arguments.get(i), emulator));
    }
    return bound;
  }

  private static Bound bind(Kernel.Parameter parameter, PtxArgument argument, Emulator emulator) {
    return switch (argument) {
      case PtxArgument.Scalar number -> {
        boolean fits =
            number.bytes() == parameter.bytes()
                || (number.integer() && number.fits(parameter.bytes()));
        require(fits, parameter, number.text());
        yield new Bound(number, parameter, 0);
      }
      case PtxArgument.DeviceBuffer buffer -> {
        require(parameter.bytes() == 8, parameter, buffer.text());
        yield new Bound(buffer, parameter, fill(emulator, parameter.name(), buffer));
      }
    };
  }

  private static void require(boolean fits, Kernel.Parameter parameter, String argument) {
    if (!fits) {
      throw new ConfigurationException(
          "--arg %s: does not fit parameter %s, which has %d bytes"
              .formatted(argument, parameter.name(), parameter.bytes()));
    }
  }

  private static long fill(Emulator emulator, String name, PtxArgument.DeviceBuffer buffer) {
    long address = emulator.allocate(buffer.bytes(), name);
    emulator.fill(address, buffer.bytes(), (byte) 0);
    Path in = buffer.in();
    if (in != null) {
      byte[] bytes;
      try {
        bytes = Files.readAllBytes(in);
      } catch (IOException e) {
        throw new DataException(in + ": cannot be read: " + e, e);
      }
      if (bytes.length > buffer.bytes()) {
        throw new DataException(
            "%s: has %,d bytes, more than the buffer of %s"
                .formatted(in, bytes.length, buffer.text()));
      }
      emulator.write(address, MemorySegment.ofArray(bytes));
    }
    return address;
  }

  private static Dim3 size(String option, String text) {
    String[] parts = text.split(",", -1);
    int[] sizes = {1, 1, 1};
    try {
      for (int i = 0; i < parts.length; i++) {
        sizes[i] = Integer.parseInt(parts[i].strip());
      }
      return new Dim3(sizes[0], sizes[1], sizes[2]);
    } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
      throw new ConfigurationException(
          option + " " + text + ": write X, X,Y or X,Y,Z, each at least 1", e);
    }
  }
}
