package dev.gatun.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.hub.Json;
import dev.gatun.op.Profile;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class MachineSpeedTest {
  /** What takes twice as many operations takes twice as long, and every operation counts. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "'model_type': 'llama', 'hidden_size': 16, 'intermediate_size': 24,"
            + " 'num_hidden_layers': 1, 'num_attention_heads': 2, 'num_key_value_heads': 1",
        "'model_type': 'gpt2', 'n_embd': 16, 'n_layer': 1, 'n_head': 2, 'n_positions': 16,"
            + " 'attn_pdrop': 0"
      })
  void timeIsASumOverOperations(String model) {
    String config =
        """
        {"tokenizer": {"type": "bpe", "vocab_size": 64},
         "data": {"train_file": "none.txt", "context_length": 16},
         "model": {"config": {MODEL}}}
        """
            .replace("MODEL", model.replace('\'', '"'));
    RunConfig run =
        RunConfig.read(
            "test", Json.parseObject("test", config.getBytes(StandardCharsets.UTF_8)), List.of());
    List<Profile.Row> operations =
        RunPlan.of(run, _ -> Optional.empty(), OptionalInt.empty()).operations();
    MachineSpeed speed = new MachineSpeed();
    double once = speed.seconds(operations);
    List<Profile.Row> twice = new ArrayList<>(operations);
    twice.addAll(operations);
    assertEquals(2 * once, speed.seconds(twice), 1e-9 * once);
    for (Profile.Row row : operations) {
      assertTrue(speed.seconds(List.of(row)) > 0, row.toString());
    }
  }
}
