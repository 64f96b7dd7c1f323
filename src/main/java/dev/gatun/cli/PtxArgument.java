package dev.gatun.cli;

import dev.gatun.core.ConfigurationException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** An argument of {@code ptx run}: a number, or a buffer in device memory. */
sealed interface PtxArgument {
  /**
   * A number.
   *
   * @param bytes 4 or 8
   * @param integer whether it may also fill a narrower integer parameter
   */
  record Scalar(String text, int bytes, boolean integer, long bits) implements PtxArgument {
    /** Whether fewer bytes hold the number, with or without a sign. */
    boolean fits(int fewer) {
      int spare = Math.max(1, 64 - 8 * fewer);
      return fewer < bytes && (bits << spare >> spare == bits || bits << spare >>> spare == bits);
    }

    /** Writes the bits into a parameter. */
    void put(ByteBuffer parameters, int offset, int size) {
      for (int i = 0; i < size; i++) {
        parameters.put(offset + i, (byte) (bits >>> (8 * i)));
      }
    }
  }

  /** A buffer that begins as the bytes of a file, or as zeros, and may be written to a file. */
  record DeviceBuffer(String text, long bytes, @Nullable Path in, @Nullable Path out)
      implements PtxArgument {}

  Pattern BUFFER = Pattern.compile("buf:(\\d{1,12})(?::in=(.+?))?(?::out=(.+))?");

  /**
   * Reads {@code i32:V u32:V i64:V u64:V f32:V f64:V} or {@code buf:BYTES[:in=FILE][:out=FILE]}.
   *
   * @throws ConfigurationException for anything else
   */
  static PtxArgument parse(String text) {
    Matcher buffer = BUFFER.matcher(text);
    if (buffer.matches()) {
      return new DeviceBuffer(
          text, Long.parseLong(buffer.group(1)), path(buffer.group(2)), path(buffer.group(3)));
    }
    int colon = text.indexOf(':');
    String kind = colon < 0 ? "" : text.substring(0, colon);
    String value = text.substring(colon + 1);
    try {
      return switch (kind) {
        case "i32" -> new Scalar(text, 4, true, range(Long.decode(value), Integer.MIN_VALUE));
        case "u32" -> new Scalar(text, 4, true, range(Long.decode(value), 0));
        case "i64" -> new Scalar(text, 8, true, Long.decode(value));
        case "u64" -> new Scalar(text, 8, true, unsigned(value));
        case "f32" -> new Scalar(text, 4, false, Float.floatToRawIntBits(single(value)));
        case "f64" ->
            new Scalar(
                text, 8, false, Double.doubleToRawLongBits(Double.parseDouble(spelled(value))));
        default -> throw refuse(text, null);
      };
    } catch (NumberFormatException e) {
      throw refuse(text, e);
    }
  }

  private static long range(long value, long least) {
    if (value < least || value > (least < 0 ? Integer.MAX_VALUE : 0xffff_ffffL)) {
      throw new NumberFormatException("out of range: " + value);
    }
    return value;
  }

  private static long unsigned(String value) {
    return value.startsWith("0x")
        ? Long.parseUnsignedLong(value.substring(2), 16)
        : Long.parseUnsignedLong(value);
  }

  private static float single(String value) {
    return Float.parseFloat(spelled(value));
  }

  /** Java has its own spelling of what is not a finite number. */
  private static String spelled(String value) {
    return switch (value.toLowerCase(Locale.ROOT)) {
      case "inf", "+inf" -> "Infinity";
      case "-inf" -> "-Infinity";
      case "nan" -> "NaN";
      default -> value;
    };
  }

  private static @Nullable Path path(@Nullable String name) {
    return name == null ? null : Path.of(name);
  }

  private static ConfigurationException refuse(String text, @Nullable Throwable cause) {
    return new ConfigurationException(
        "--arg "
            + text
            + ": write i32:V, u32:V, i64:V, u64:V, f32:V, f64:V or buf:BYTES[:in=FILE][:out=FILE]",
        cause);
  }
}
