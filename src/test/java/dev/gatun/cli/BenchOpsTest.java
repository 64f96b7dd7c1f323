package dev.gatun.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.hub.Json;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

class BenchOpsTest {
  @Test
  void measuresEachOperationOnce() {
    StringWriter out = new StringWriter();
    String[] args = {"bench", "ops", "--seconds", "0", "--json"};
    assertEquals(0, App.run(args, new PrintWriter(out), new PrintWriter(out)));
    var rows =
        Json.parseObject("bench", out.toString().getBytes(StandardCharsets.UTF_8)).get("rows");
    assertEquals(
        List.of("exp", "tanh", "gelu", "softmax", "copy", "layer_norm", "adam_w"),
        StreamSupport.stream(rows.spliterator(), false)
            .map(row -> row.get("operation").asText())
            .toList());
    rows.forEach(row -> assertTrue(row.get("ns_per_element").asDouble() > 0, row::toString));
  }
}
