package dev.gatun.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.hub.Json;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/**
 * The verbs that measure a GPU, on the emulator: their numbers mean nothing, but they are there.
 */
class BenchGpuTest {
  @Test
  void measuresKernelsAndProducts() {
    ObjectNode result =
        run(
            "bench",
            "gpu",
            "--device",
            "emulator",
            "--elements",
            "4096",
            "--size",
            "40",
            "--repeats",
            "1",
            "--json");
    assertEquals(7, result.get("kernels").size());
    assertEquals(6, result.get("products").size());
    for (JsonNode row : result.get("kernels")) {
      assertTrue(row.get("gb_per_s").asDouble() > 0, row::toString);
    }
    for (JsonNode row : result.get("products")) {
      assertEquals("own kernels", row.get("by").asText());
      assertTrue(row.get("tflops").asDouble() > 0, row::toString);
    }
    assertTrue(result.get("cublas").asText().startsWith("not measured: "), result::toString);
  }

  @Test
  void measuresStepsOnADevice() {
    ObjectNode result =
        run(
            "bench",
            "step",
            "src/test/resources/tiny-llama.json",
            "--device",
            "emulator",
            "--dtype",
            "bf16",
            "--batch",
            "1",
            "--seq",
            "8",
            "--warmup",
            "1",
            "--steps",
            "1",
            "--json");
    assertTrue(result.get("tokens_per_s").asDouble() > 0, result::toString);
    assertTrue(result.get("mfu").asDouble() > 0, result::toString);
  }

  private static ObjectNode run(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code = App.run(args, new PrintWriter(out), new PrintWriter(err));
    assertEquals(0, code, err::toString);
    return Json.parseObject("output", out.toString().getBytes(StandardCharsets.UTF_8));
  }
}
