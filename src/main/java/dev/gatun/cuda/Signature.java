package dev.gatun.cuda;

import dev.gatun.core.ConfigurationException;
import dev.gatun.device.Command.Argument;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The parameters of an entry, as its PTX declares them: {@code u64}, {@code u32}, {@code f32}.
 *
 * @param types in order
 */
public record Signature(List<String> types) {
  private static final Pattern PARAMETER = Pattern.compile("\\.param\\s+\\.(\\w+)\\s+[\\w$]+");

  public Signature {
    types = List.copyOf(types);
  }

  /**
   * Reads the declaration of an entry.
   *
   * @param origin what messages call the text
   */
  public static Signature of(String ptx, String entry, String origin) {
    Matcher declaration =
        Pattern.compile("\\.entry\\s+" + Pattern.quote(entry) + "\\s*\\(([^)]*)\\)").matcher(ptx);
    if (!declaration.find()) {
      throw new ConfigurationException(
          origin + " lacks the entry " + entry + ": run kernels/build.sh");
    }
    List<String> types = new ArrayList<>();
    Matcher parameter = PARAMETER.matcher(declaration.group(1));
    while (parameter.find()) {
      types.add(parameter.group(1));
    }
    return new Signature(types);
  }

  /** The type of the parameter that takes an argument. */
  static String typeOf(Argument argument) {
    return switch (argument) {
      case Argument.Address address -> "u64";
      case Argument.Scratch scratch -> "u64";
      case Argument.I64 i64 -> "u64";
      case Argument.I32 i32 -> "u32";
      case Argument.F32 f32 -> "f32";
    };
  }

  /** Throws unless arguments fit. */
  public void require(String entry, List<Argument> arguments) {
    List<String> given = arguments.stream().map(Signature::typeOf).toList();
    if (!given.equals(types)) {
      throw new ConfigurationException(
          ("kernel %s takes %s, but is launched with %s: these kernels belong to another version"
                  + " of the program; run kernels/build.sh")
              .formatted(entry, types, given));
    }
  }
}
