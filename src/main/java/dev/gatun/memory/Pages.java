package dev.gatun.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/**
 * Memory that is not zeroed and not touched before its first use. {@code Arena.allocate} writes
 * zeros, which costs a page fault per 4 KiB at once; {@code malloc} leaves large blocks to be
 * faulted in on use. Where the C library has {@code madvise}, large blocks ask for 2 MiB pages,
 * which makes the first touch several times cheaper.
 */
final class Pages {
  private static final long HUGE_PAGE = 2L << 20;
  private static final int MADV_HUGEPAGE = 14; // linux/mman.h
  private static final Linker LINKER = Linker.nativeLinker();
  private static final MethodHandle MALLOC =
      handle("malloc", FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.JAVA_LONG))
          .orElseThrow();
  private static final MethodHandle FREE =
      handle("free", FunctionDescriptor.ofVoid(ValueLayout.ADDRESS)).orElseThrow();
  private static final Optional<MethodHandle> MADVISE =
      System.getProperty("os.name").equals("Linux")
          ? handle(
              "madvise",
              FunctionDescriptor.of(
                  ValueLayout.JAVA_INT,
                  ValueLayout.ADDRESS,
                  ValueLayout.JAVA_LONG,
                  ValueLayout.JAVA_INT))
          : Optional.empty();

  private Pages() {}

  /** Bytes with unspecified contents, 64-byte aligned, freed when the arena closes. */
  static MemorySegment reserve(long bytes, Arena arena) {
    long alignment = bytes >= HUGE_PAGE ? HUGE_PAGE : 64;
    MemorySegment block = malloc(Math.addExact(bytes, alignment));
    MemorySegment owned = block.reinterpret(bytes + alignment, arena, Pages::free);
    long skip = -owned.address() & (alignment - 1);
    MemorySegment aligned = owned.asSlice(skip, bytes);
    if (alignment == HUGE_PAGE) {
      adviseHugePages(aligned);
    }
    return aligned;
  }

  private static MemorySegment malloc(long bytes) {
    try {
      MemorySegment block = (MemorySegment) MALLOC.invokeExact(bytes);
      if (block.equals(MemorySegment.NULL)) {
        throw new OutOfMemoryError("malloc refused " + bytes + " bytes");
      }
      return block;
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError("malloc throws nothing checked", e);
    }
  }

  private static void free(MemorySegment block) {
    try {
      FREE.invokeExact(block);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError("free throws nothing checked", e);
    }
  }

  private static void adviseHugePages(MemorySegment block) {
    if (MADVISE.isEmpty()) {
      return;
    }
    try {
      // Advice: a kernel without huge pages answers EINVAL, and small pages serve as well.
      int ignored = (int) MADVISE.get().invokeExact(block, block.byteSize(), MADV_HUGEPAGE);
      assert ignored <= 0;
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError("madvise throws nothing checked", e);
    }
  }

  private static Optional<MethodHandle> handle(String function, FunctionDescriptor descriptor) {
    return LINKER
        .defaultLookup()
        .find(function)
        .map(address -> LINKER.downcallHandle(address, descriptor));
  }
}
