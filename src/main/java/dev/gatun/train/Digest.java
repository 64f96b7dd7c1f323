package dev.gatun.train;

import dev.gatun.nn.Parameter;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/** A fingerprint of all parameters, bit by bit: two runs with the same digest are the same run. */
public final class Digest {
  private static final int CHUNK = 1 << 20;

  private Digest() {}

  /** SHA-256 over names and values in the order of the model, in hexadecimal. */
  public static String of(List<Parameter> parameters) {
    MessageDigest digest = sha256();
    for (Parameter parameter : parameters) {
      digest.update(parameter.name().getBytes(StandardCharsets.UTF_8));
      long bytes = parameter.value().spec().bytes();
      parameter.value().buffer().read(values -> update(digest, values.asSlice(0, bytes)));
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static MessageDigest update(MessageDigest digest, MemorySegment values) {
    for (long offset = 0; offset < values.byteSize(); offset += CHUNK) {
      long length = Math.min(CHUNK, values.byteSize() - offset);
      digest.update(values.asSlice(offset, length).asByteBuffer());
    }
    return digest;
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }
}
