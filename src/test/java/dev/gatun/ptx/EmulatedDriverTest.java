package dev.gatun.ptx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.cuda.CudaException;
import dev.gatun.device.Command.Dim3;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The driver of the emulated GPU: calls, failures, and work that comes late. */
class EmulatedDriverTest {
  private static final String SCALE =
      Snippet.HEADER
          + """
          .visible .entry scale(.param .u64 p, .param .f32 by, .param .u32 n)
          {
          .reg .pred %p; .reg .b32 %r<5>; .reg .f32 %f<3>; .reg .b64 %rd<4>;
          ld.param.u64 %rd1, [p];
          ld.param.f32 %f1, [by];
          ld.param.u32 %r1, [n];
          mov.u32 %r2, %ctaid.x;
          mov.u32 %r3, %ntid.x;
          mov.u32 %r4, %tid.x;
          mad.lo.u32 %r2, %r2, %r3, %r4;
          setp.ge.u32 %p, %r2, %r1;
          @%p bra END;
          mul.wide.u32 %rd2, %r2, 4;
          add.s64 %rd3, %rd1, %rd2;
          ld.global.f32 %f2, [%rd3];
          mul.f32 %f2, %f2, %f1;
          st.global.f32 [%rd3], %f2;
          END: ret;
          }
          """;
  private static final int N = 100;

  private final EmulatedDriver driver = new EmulatedDriver(new Options(true, 1, 2), 80, 1L << 20);
  private final long function = driver.function(driver.loadModule(SCALE, "scale.ptx"), "scale");
  private final long buffer = driver.allocate(4 * N);

  @AfterEach
  void close() {
    driver.close();
  }

  private void scale(float by, int n, long stream) {
    scale(MemorySegment.ofArray(new float[] {by}), n, stream);
  }

  private void scale(MemorySegment by, int n, long stream) {
    driver.launch(
        function,
        new Dim3((n + 31) / 32, 1, 1),
        new Dim3(32, 1, 1),
        0,
        stream,
        List.of(
            MemorySegment.ofArray(new long[] {buffer}), by, MemorySegment.ofArray(new int[] {n})));
  }

  private float first() {
    driver.synchronizeContext();
    float[] values = new float[N];
    driver.copyToHost(MemorySegment.ofArray(values), buffer);
    return values[0];
  }

  private void fill(float value) {
    float[] values = new float[N];
    java.util.Arrays.fill(values, value);
    driver.copyToDevice(buffer, MemorySegment.ofArray(values));
  }

  @Test
  void aKernelRuns() {
    fill(3);
    scale(2, N, 0);
    assertEquals(6, first());
    assertEquals(List.of(), driver.findings());
  }

  @Test
  void workComesWhenItIsWaitedFor() {
    fill(1);
    long stream = driver.createStream();
    MemorySegment host = driver.allocateHost(4 * N);
    host.fill((byte) 0);
    scale(2, N, stream);
    driver.copyToHostAsync(host, buffer, stream);
    assertEquals(0, host.get(ValueLayout.JAVA_FLOAT, 0));
    assertFalse(driver.isStreamIdle(stream));
    driver.synchronizeStream(stream);
    assertEquals(2, host.get(ValueLayout.JAVA_FLOAT, 0));
    assertTrue(driver.isStreamIdle(stream));
    driver.freeHost(host);
  }

  @Test
  void aStreamThatWaitsForAnEventRunsAfterIt() {
    fill(1);
    long first = driver.createStream();
    long second = driver.createStream();
    long event = driver.createEvent();
    scale(2, N, first);
    driver.recordEvent(event, first);
    scale(5, N, first);
    driver.waitEvent(second, event);
    MemorySegment host = driver.allocateHost(4 * N);
    driver.copyToHostAsync(host, buffer, second);
    driver.synchronizeStream(second);
    assertEquals(2, host.get(ValueLayout.JAVA_FLOAT, 0));
    assertEquals(10, first());
  }

  @Test
  void aGraphRepeatsWhatWasCaptured() {
    fill(1);
    long stream = driver.createStream();
    driver.beginCapture(stream);
    scale(3, N, stream);
    long graph = driver.endCapture(stream);
    assertEquals(1, first());
    driver.launchGraph(graph, stream);
    driver.launchGraph(graph, stream);
    assertEquals(9, first());
  }

  /** A recorded launch has the arguments that it had; memory has what is in it when it runs. */
  @Test
  void aGraphRunsAsLateAsItsStream() {
    fill(1);
    long stream = driver.createStream();
    MemorySegment by = MemorySegment.ofArray(new float[] {3});
    driver.beginCapture(stream);
    scale(by, N, stream);
    long graph = driver.endCapture(stream);
    by.set(ValueLayout.JAVA_FLOAT, 0, 1000);
    driver.launchGraph(graph, stream);
    driver.fillWordsAsync(buffer, Float.floatToRawIntBits(2), N, stream);
    driver.launchGraph(graph, stream);
    driver.destroyGraph(graph);
    float[] values = new float[N];
    driver.copyToHost(MemorySegment.ofArray(values), buffer);
    assertEquals(1, values[0], "nobody has waited for the stream");
    assertEquals(6, first());
    assertCode(CudaException.INVALID_HANDLE, () -> driver.launchGraph(graph, stream));
  }

  @Test
  void noCaptureSurvivesACallThatWaitsOrAllocates() {
    long stream = driver.createStream();
    assertCode(CudaException.STREAM_CAPTURE_UNSUPPORTED, () -> driver.beginCapture(0));
    assertCode(CudaException.ILLEGAL_STATE, () -> driver.endCapture(stream));
    long event = driver.createEvent();
    for (Runnable call :
        List.<Runnable>of(
            () -> driver.allocate(4),
            () -> driver.free(buffer),
            () -> driver.allocateHost(4),
            () -> driver.loadModule(SCALE, "scale.ptx"),
            () -> driver.synchronizeContext(),
            () -> driver.synchronizeStream(stream),
            () -> driver.recordEvent(event, stream),
            () -> driver.copyToHost(MemorySegment.ofArray(new float[1]), buffer))) {
      driver.beginCapture(stream);
      assertCode(CudaException.ILLEGAL_STATE, () -> driver.beginCapture(stream));
      scale(2, N, stream);
      assertCode(CudaException.STREAM_CAPTURE_UNSUPPORTED, call);
      assertCode(CudaException.STREAM_CAPTURE_INVALIDATED, () -> driver.endCapture(stream));
    }
  }

  @Test
  void aFaultLosesTheContext() {
    fill(1);
    scale(2, N + 1, 0);
    CudaException fault = assertThrows(CudaException.class, driver::synchronizeContext);
    assertEquals(CudaException.ILLEGAL_ADDRESS, fault.code());
    String message = String.valueOf(fault.getMessage());
    assertTrue(message.contains("kernel scale") && message.contains("lane 4"), message);
    assertEquals(
        CudaException.ILLEGAL_ADDRESS,
        assertThrows(CudaException.class, () -> driver.allocate(4)).code());
  }

  @Test
  void wrongCallsHaveTheCodesOfTheDriver() {
    assertCode(CudaException.NOT_FOUND, () -> driver.function(driver.loadModule(SCALE, "s"), "x"));
    assertCode(CudaException.INVALID_PTX, () -> driver.loadModule("nonsense", "x.ptx"));
    assertCode(CudaException.OUT_OF_MEMORY, () -> driver.allocate(1L << 21));
    assertCode(CudaException.INVALID_DEVICE, () -> driver.retainPrimaryContext(1));
    assertCode(CudaException.INVALID_HANDLE, () -> scale(1, N, 77));
    assertCode(
        CudaException.INVALID_VALUE,
        () ->
            driver.launch(
                function,
                new Dim3(1, 1, 1),
                new Dim3(1, 1, 1),
                0,
                0,
                List.of(MemorySegment.ofArray(new long[] {buffer}))));
    assertCode(CudaException.INVALID_VALUE, () -> driver.free(buffer + 4));
  }

  private static void assertCode(int code, Runnable call) {
    assertEquals(code, assertThrows(CudaException.class, call::run).code());
  }

  @Test
  void fillsAndCopiesKeepTheirOrder() {
    long stream = driver.createStream();
    long other = driver.allocate(4 * N);
    driver.fillWordsAsync(buffer, 7, N, stream);
    driver.copyOnDeviceAsync(other, buffer, 4 * N, stream);
    driver.fillBytesAsync(buffer, (byte) 1, 4 * N, stream);
    int[] copied = new int[2];
    driver.synchronizeStream(stream);
    driver.copyToHost(MemorySegment.ofArray(copied), other);
    assertArrayEquals(new int[] {7, 7}, copied);
    driver.copyToHost(MemorySegment.ofArray(copied), buffer);
    assertArrayEquals(new int[] {0x01010101, 0x01010101}, copied);
  }
}
