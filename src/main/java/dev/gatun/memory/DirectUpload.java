package dev.gatun.memory;

import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** An upload where nothing goes on beside: the data waits in the same storage. */
final class DirectUpload implements Upload {
  private final Region region;
  private @Nullable Buffer sent;

  DirectUpload(Region region) {
    this.region = region;
  }

  @Override
  public void send(long bytes, Consumer<MemorySegment> writer) {
    close();
    sent = region.allocate(bytes);
    sent.write(writer);
  }

  @Override
  public void deliver(Buffer target) {
    if (sent == null) {
      throw new IllegalStateException("nothing was sent to region '" + region.name() + "'");
    }
    target.copyFrom(sent, sent.bytes());
  }

  @Override
  public void close() {
    if (sent != null) {
      sent.release();
      sent = null;
    }
  }
}
