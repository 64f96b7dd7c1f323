package dev.gatun.hub;

import static dev.gatun.hub.Failures.assertRefused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.autograd.Step;
import dev.gatun.core.DType;
import dev.gatun.core.DataException;
import dev.gatun.core.Shape;
import dev.gatun.lora.LoraAdapter;
import dev.gatun.memory.Region;
import dev.gatun.model.CausalLm;
import dev.gatun.model.ForwardInput;
import dev.gatun.model.Rebuild;
import dev.gatun.nn.Parameter;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Adapter folders of PEFT, read, changed, written. */
class PeftDirectoryTest {
  private static final String HEAD = "base_model.model.lm_head.";
  private static final String QUERY = "base_model.model.model.layers.0.self_attn.q_proj.";

  @TempDir private Path folder;
  private final Region region = new Region("model");

  @AfterEach
  void close() {
    region.close();
  }

  @Test
  void writesByteForByteWhatPeftWrote() throws IOException {
    for (Path config : SharedFiles.below("golden/lora", "/" + PeftDirectory.CONFIG_FILE)) {
      PeftDirectory original = new PeftDirectory(config.resolveSibling(""));
      CausalLm model = model(original.path().resolve("../base"));
      LoraAdapter adapter = original.load(model, LoraAdapter.DEFAULT_NAME, region);
      PeftDirectory copy = new PeftDirectory(folder);
      copy.save(adapter, "../base", false);
      assertArrayEquals(
          Files.readAllBytes(original.path().resolve(PeftDirectory.WEIGHTS_FILE)),
          Files.readAllBytes(folder.resolve(PeftDirectory.WEIGHTS_FILE)),
          config.toString());
      assertEquals(
          Json.readObject(config), Json.readObject(folder.resolve(PeftDirectory.CONFIG_FILE)));
    }
  }

  @Test
  void anAdapterKeepsItsNameOutOfTheFile() throws IOException {
    PeftDirectory original = fixture("lora_llama_qv");
    LoraAdapter adapter =
        original.load(model(original.path().resolve("../base")), "second", region);
    new PeftDirectory(folder).save(adapter, "../base", false);
    assertEquals(
        -1,
        Files.mismatch(
            original.path().resolve(PeftDirectory.WEIGHTS_FILE),
            folder.resolve(PeftDirectory.WEIGHTS_FILE)));
  }

  @Test
  void frozenWeightsOfAnAdapterGoWithIt() throws IOException {
    PeftDirectory original = fixture("lora_phi_blog");
    CausalLm model = model(original.path().resolve("../base"));
    double[] before = logits(model);
    LoraAdapter same = original.load(model, "same", region);
    same.activate();
    double[] adapted = logits(model);
    // The same adapter, made for other rows of the output layer.
    copy(original, HEAD + "base_layer.bias", new float[67]);
    LoraAdapter other = new PeftDirectory(folder).load(model, "other", region);
    other.activate();
    Parameter bias = model.parameters().get("lm_head.bias");
    double[] biases = Tensors.toDoubles(bias.ownValue());
    double[] changed = logits(model);
    for (int i = 0; i < changed.length; i++) {
      assertEquals(adapted[i] - biases[i % 67], changed[i], 1e-5);
    }
    assertFalse(bias.requiresGrad());
    same.activate();
    assertArrayEquals(adapted, logits(model));
    LoraAdapter.deactivate(model);
    assertArrayEquals(before, logits(model));
  }

  @Test
  void whatDoesNotFitIsListedWithBothShapes() throws IOException {
    PeftDirectory original = fixture("lora_phi_blog");
    CausalLm model = model(original.path().resolve("../base"));
    copy(original, QUERY + "lora_A.weight", null);
    assertRefused(
        () -> load(model), "missing: \"" + QUERY + "lora_A.weight\" [8, 32]", "does not fit");
    copy(original, QUERY + "lora_C.weight", new float[3]);
    assertRefused(() -> load(model), "unexpected: \"" + QUERY + "lora_C.weight\" [3]");
    copy(original, QUERY + "lora_A.weight", new float[8]);
    assertRefused(
        () -> load(model),
        "wrong shape: \"" + QUERY + "lora_A.weight\" is [8] in the file, [8, 32] in the model");
  }

  @Test
  void anAdapterForMoreTokensBringsTheirRows() throws IOException {
    PeftDirectory original = fixture("lora_phi_blog");
    CausalLm larger = model(original.path().resolve("../base"));
    CausalLm model = Rebuild.resized(larger, 64, 0, region);
    LoraAdapter adapter = original.load(model, LoraAdapter.DEFAULT_NAME, region);
    assertEquals(67, adapter.model().config().vocabSize());
    adapter.activate();
    LoraAdapter direct = original.load(larger, "direct", region);
    direct.activate();
    assertArrayEquals(logits(larger), logits(adapter.model()));
    copy(original, HEAD + "base_layer.bias", null);
    assertRefused(
        () -> load(model),
        "made for another vocabulary, but without: \"" + HEAD + "base_layer.bias\" [67]");
  }

  @Test
  void theModelIsFoundOrNamedInTheError() throws IOException {
    PeftDirectory original = fixture("lora_llama_qv");
    assertTrue(Files.isSameFile(original.baseModel(), original.path().resolve("../base")));
    ObjectNode config = Json.readObject(original.path().resolve(PeftDirectory.CONFIG_FILE));
    Path file = folder.resolve(PeftDirectory.CONFIG_FILE);
    Json.write(file, config.put("base_model_name_or_path", "someone/model"));
    assertRefused(() -> new PeftDirectory(folder).baseModel(), "\"someone/model\"", "no model");
    config.putNull("base_model_name_or_path");
    Json.write(file, config);
    assertRefused(() -> new PeftDirectory(folder).baseModel(), "does not say which model");
    Files.delete(file);
    assertRefused(() -> new PeftDirectory(folder).config(), "is no adapter folder");
  }

  @Test
  void aTargetThatTheModelDoesNotHaveIsAnErrorOfTheFile() throws IOException {
    PeftDirectory original = fixture("lora_llama_qv");
    ObjectNode config = Json.readObject(original.path().resolve(PeftDirectory.CONFIG_FILE));
    config.putArray("target_modules").add("query_key_value");
    Json.write(folder.resolve(PeftDirectory.CONFIG_FILE), config);
    Files.copy(
        original.path().resolve(PeftDirectory.WEIGHTS_FILE),
        folder.resolve(PeftDirectory.WEIGHTS_FILE));
    CausalLm model = model(original.path().resolve("../base"));
    assertRefused(() -> load(model), "adapter_config.json", "target_modules", "q_proj, k_proj");
  }

  /** Files with bytes changed at random are read or refused, never anything else. */
  @Test
  void damagedFoldersAreRefusedInWords() throws IOException {
    PeftDirectory original = fixture("lora_llama_qv");
    CausalLm model = model(original.path().resolve("../base"));
    byte[] config = Files.readAllBytes(original.path().resolve(PeftDirectory.CONFIG_FILE));
    byte[] weights = Files.readAllBytes(original.path().resolve(PeftDirectory.WEIGHTS_FILE));
    Random random = new Random(7);
    int refused = 0;
    for (int round = 0; round < 120; round++) {
      byte[] damagedConfig = config.clone();
      byte[] damagedWeights = weights.clone();
      if (round % 2 == 0) {
        damagedConfig[random.nextInt(config.length)] = (byte) random.nextInt(128);
      } else {
        damagedWeights[random.nextInt(1200)] = (byte) random.nextInt(256);
      }
      Files.write(folder.resolve(PeftDirectory.CONFIG_FILE), damagedConfig);
      Files.write(folder.resolve(PeftDirectory.WEIGHTS_FILE), damagedWeights);
      try (Region own = new Region("adapter")) {
        new PeftDirectory(folder).load(model, LoraAdapter.DEFAULT_NAME, own);
      } catch (DataException e) {
        assertTrue(String.valueOf(e.getMessage()).contains("adapter_"), e.toString());
        refused++;
      }
    }
    assertTrue(refused > 40, refused + " of 120 were refused");
  }

  private LoraAdapter load(CausalLm model) {
    return new PeftDirectory(folder).load(model, LoraAdapter.DEFAULT_NAME, region);
  }

  /** A copy of an adapter in which one tensor is another, or absent. */
  private void copy(PeftDirectory original, String name, float @Nullable [] values)
      throws IOException {
    Files.write(
        folder.resolve(PeftDirectory.CONFIG_FILE),
        Files.readAllBytes(original.path().resolve(PeftDirectory.CONFIG_FILE)));
    try (SafetensorsFile file =
        SafetensorsFile.open(original.path().resolve(PeftDirectory.WEIGHTS_FILE))) {
      List<NamedTensor> tensors = new ArrayList<>();
      for (String key : file.names()) {
        if (!key.equals(name)) {
          TensorEntry entry = file.entry(key);
          tensors.add(NamedTensor.of(key, entry.shape(), DType.F32, entry.data()));
        }
      }
      if (values != null) {
        Tensor tensor = Tensors.of(region, Shape.of(values.length), values);
        tensors.add(
            NamedTensor.of(
                name, tensor.shape(), DType.F32, tensor.segment().asSlice(0, 4L * values.length)));
      }
      SafetensorsWriter.write(folder.resolve(PeftDirectory.WEIGHTS_FILE), tensors);
    }
  }

  private static PeftDirectory fixture(String name) {
    return new PeftDirectory(SharedFiles.require("golden/lora/" + name + "/adapter"));
  }

  private CausalLm model(Path path) {
    HfDirectory directory = new HfDirectory(path);
    CausalLm model = ModelConfigs.read(directory).build();
    model.parameters().materialize(region, DType.F32);
    try (Weights weights = directory.openWeights()) {
      StateDict.load(model.parameters(), weights);
    }
    return model;
  }

  private static double[] logits(CausalLm model) {
    try (Region step = new Region("step")) {
      return Step.run(
          step,
          () -> {
            Tensor ids = Tensors.of(step, Shape.of(1, 6), new int[] {5, 9, 60, 2, 33, 1});
            return Tensors.toDoubles(model.logits(ForwardInput.of(step, ids)));
          });
    }
  }
}
