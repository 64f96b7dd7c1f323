package dev.gatun.train;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.data.Batch;
import dev.gatun.data.Batches.Position;
import dev.gatun.hub.Json;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * The micro-batches of a step whose loss or gradient was not finite, as a file that a user can look
 * at and replay.
 *
 * @param step that was to be made
 * @param from where in the data the group begins
 */
record OffendingGroup(int step, Position from, List<Batch> batches) {
  /**
   * Writes text, ids and labels of every row, the labels shifted as the loss sees them.
   *
   * @param decoder turns ids into text
   */
  void write(Path file, String reason, Function<int[], String> decoder) {
    ObjectNode json = Json.object();
    json.put("step", step);
    json.put("reason", reason);
    json.putObject("data_position").put("epoch", from.epoch()).put("batch", from.batch());
    ArrayNode rows = json.putArray("rows");
    for (Batch batch : batches) {
      for (int b = 0; b < batch.B(); b++) {
        int start = b * batch.T();
        int end = start + batch.lengths()[b];
        int[] ids = Arrays.copyOfRange(batch.inputIds(), start, end);
        ObjectNode row = rows.addObject().put("text", decoder.apply(ids));
        IntStream.of(ids).forEach(row.putArray("input_ids")::add);
        IntStream.range(start, end)
            .map(i -> batch.labels()[i])
            .forEach(row.putArray("labels")::add);
      }
    }
    Json.write(file, json);
  }
}
