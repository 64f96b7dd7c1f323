package dev.gatun.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ptx run} from its arguments to its files and exit codes. */
@SuppressWarnings("OrphanedFormatString")
class PtxCommandTest {
  private static final String ADD =
      """
      .version 7.0
      .target sm_75
      .address_size 64
      .visible .entry add(.param .u64 p, .param .f32 by, .param .u32 n)
      {
      .reg .pred %q; .reg .b32 %r<4>; .reg .f32 %f<3>; .reg .b64 %rd<4>;
      ld.param.u64 %rd1, [p];
      ld.param.f32 %f1, [by];
      ld.param.u32 %r1, [n];
      mov.u32 %r2, %tid.x;
      setp.ge.u32 %q, %r2, %r1;
      @%q bra END;
      mul.wide.u32 %rd2, %r2, 4;
      add.s64 %rd3, %rd1, %rd2;
      ld.global.f32 %f2, [%rd3];
      add.f32 %f2, %f2, %f1;
      st.global.f32 [%rd3], %f2;
      END: ret;
      }
      """;

  @TempDir private Path folder = Path.of("");

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String text, String... options) throws IOException {
    Path file = folder.resolve("add.ptx");
    Files.writeString(file, text);
    List<String> arguments = new ArrayList<>(List.of("ptx", "run", file.toString(), "add"));
    arguments.addAll(Arrays.asList(options));
    return App.run(
        arguments.toArray(String[]::new), new PrintWriter(out, true), new PrintWriter(err, true));
  }

  @Test
  void buffersComeFromFilesAndGoToFiles() throws IOException {
    Path in = folder.resolve("in.bin");
    Path result = folder.resolve("out.bin");
    byte[] four =
        ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putFloat(1).putFloat(2).array();
    Files.write(in, four);
    int exit =
        run(
            ADD,
            "--block=32",
            "--arg=buf:16:in=" + in + ":out=" + result,
            "--arg=f32:0.5",
            "--arg=u32:4");
    assertEquals(0, exit, err::toString);
    ByteBuffer read = ByteBuffer.wrap(Files.readAllBytes(result)).order(ByteOrder.LITTLE_ENDIAN);
    assertEquals(
        List.of(1.5f, 2.5f, 0.5f, 0.5f),
        List.of(read.getFloat(), read.getFloat(), read.getFloat(), read.getFloat()));
  }

  @Test
  void aFaultIsReportedWithItsPlace() throws IOException {
    int exit = run(ADD, "--block=32", "--arg=buf:16", "--arg=f32:0.5", "--arg=u32:5");
    assertEquals(6, exit);
    assertTrue(
        err.toString().contains("out of bounds: kernel add, add.ptx:15 \"ld.global.f32"),
        err::toString);
    assertTrue(err.toString().contains("block (0,0,0), warp 0, lane 4"), err::toString);
  }

  @Test
  void whatIsNotKnownIsRefused() throws IOException {
    String text = ADD.replace("add.f32 %f2", "fancy.f32 %f2");
    assertEquals(3, run(text, "--arg=buf:16", "--arg=f32:0.5", "--arg=u32:4"));
    assertTrue(err.toString().contains("add.ptx:16: \"fancy.f32 %f2, %f2, %f1;\""), err::toString);
  }

  @Test
  void wrongArgumentsAreUsage() throws IOException {
    assertEquals(2, run(ADD, "--arg=buf:16"));
    assertEquals(2, run(ADD, "--arg=i32:1", "--arg=f32:0.5", "--arg=u32:4"));
    assertEquals(2, run(ADD, "--arg=buf:16", "--arg=f32:x", "--arg=u32:4"));
    assertEquals(2, run(ADD, "--block=2000", "--arg=buf:16", "--arg=f32:1", "--arg=u32:4"));
    assertEquals(2, run(ADD, "--grid=0", "--arg=buf:16", "--arg=f32:1", "--arg=u32:4"));
    assertEquals(2, run(ADD, "--shared=-1", "--arg=buf:16", "--arg=f32:1", "--arg=u32:4"));
    assertEquals(2, run(ADD, "--arg=buf:16", "--arg=f32:1", "--arg=i64:5000000000"));
    assertEquals(0, run(ADD, "--arg=buf:16", "--arg=f32:1", "--arg=i64:4000000000"));
  }

  @Test
  void aTraceShowsEveryStepOfOneThread() throws IOException {
    assertEquals(
        0, run(ADD, "--block=4", "--arg=buf:16", "--arg=f32:0.5", "--arg=u32:4", "--trace=0:2"));
    List<String> lines = out.toString().lines().toList();
    assertEquals(11, lines.size(), out::toString);
    assertTrue(lines.get(3).contains("%r2 = 2 (0x2)"), out::toString);
    assertTrue(lines.get(8).contains("%f2 = 0.5 (0x3f000000)"), out::toString);
  }

  @Test
  void aProfileCountsLineByLine() throws IOException {
    assertEquals(
        0, run(ADD, "--block=64", "--arg=buf:16", "--arg=f32:0.5", "--arg=u32:4", "--profile"));
    String load =
        out.toString().lines().filter(line -> line.contains("ld.global")).findFirst().orElse("");
    assertTrue(load.matches(" +15 +1 +4 +16 +1 +1 +0 +0  ld.global.*"), out::toString);
  }
}
