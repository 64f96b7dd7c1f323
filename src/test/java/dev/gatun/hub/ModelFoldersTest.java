package dev.gatun.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gatun.core.DType;
import dev.gatun.memory.Region;
import dev.gatun.model.CausalLm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole model folders as transformers wrote them: read into a model and written again. */
class ModelFoldersTest {
  @TempDir Path folder;

  @Test
  void fixturesAreWrittenBackByteForByte() throws IOException {
    List<Path> files = SharedFiles.below("golden", "/model.safetensors");
    assertEquals(18, files.size());
    for (Path file : files) {
      rewrite(file.resolveSibling(""), DType.F32);
      assertEquals(-1, Files.mismatch(file, folder.resolve("model.safetensors")), file.toString());
    }
  }

  @Test
  void aTrainedModelIsWrittenBackInEachOfItsForms() throws IOException {
    Path stories = SharedFiles.require("data/stories260K");
    record Form(String name, DType stored) {}
    for (Form form :
        List.of(
            new Form("hf", DType.F32),
            new Form("hf-f16", DType.F16),
            new Form("hf-bf16", DType.BF16))) {
      Path source = stories.resolve(form.name);
      rewrite(source, form.stored);
      assertEquals(
          -1,
          Files.mismatch(source.resolve("model.safetensors"), folder.resolve("model.safetensors")),
          form.toString());
    }
    rewrite(stories.resolve("hf-sharded"), DType.F32);
    assertEquals(
        -1,
        Files.mismatch(
            stories.resolve("hf/model.safetensors"), folder.resolve("model.safetensors")));
  }

  private void rewrite(Path source, DType stored) {
    HfDirectory directory = new HfDirectory(source);
    CausalLm model = ModelConfigs.read(directory).build();
    try (Region region = new Region("model");
        Weights weights = directory.openWeights()) {
      model.parameters().materialize(region, DType.F32);
      StateDict.load(model.parameters(), weights);
      StateDict.save(model.parameters(), folder, stored, ModelWriter.DEFAULT_SHARD_BYTES);
    }
  }
}
