package dev.gatun.hub;

import static dev.gatun.hub.Failures.assertRefused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HfDirectoryTest {
  @TempDir Path folder;

  @Test
  void writesAsPythonDoes() throws IOException {
    ObjectNode config = Json.object();
    config.put("z", "뜻").putArray("empty");
    config.putObject("b").put("y", 2).put("x", 1.5).putObject("none");
    config.putArray("a").add(1).addNull().add(true);
    new HfDirectory(folder).writeConfig(config);
    assertEquals(
        """
        {
          "a": [
            1,
            null,
            true
          ],
          "b": {
            "none": {},
            "x": 1.5,
            "y": 2
          },
          "empty": [],
          "z": "\\uB73B"
        }
        """,
        Files.readString(folder.resolve("config.json")));
  }

  @Test
  void keepsEveryKeyOfEveryFixture() throws IOException {
    HfDirectory copy = new HfDirectory(folder);
    for (Path file : SharedFiles.below("golden", "/config.json")) {
      ObjectNode config = new HfDirectory(file.resolveSibling("")).config();
      copy.writeConfig(config);
      assertEquals(config, copy.config(), file.toString());
    }
  }

  @Test
  void aGenerationConfigIsOptional() {
    HfDirectory directory = new HfDirectory(folder);
    assertTrue(directory.generationConfig().isEmpty());
    directory.writeGenerationConfig(Json.object().put("top_k", 50));
    assertEquals(50, directory.generationConfig().orElseThrow().get("top_k").intValue());
  }

  @Test
  void anAbsentModelIsNamed() throws IOException {
    assertRefused(() -> new HfDirectory(folder).config(), "config.json: does not exist");
    assertRefused(
        () -> new HfDirectory(folder.resolve("x")).config(),
        "x: does not exist; a model is a folder");
    Path file = Files.writeString(folder.resolve("f"), "");
    assertRefused(() -> new HfDirectory(file).config(), "f: is a file");
  }
}
