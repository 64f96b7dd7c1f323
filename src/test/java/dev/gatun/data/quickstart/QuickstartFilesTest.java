package dev.gatun.data.quickstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gatun.data.InstructionRow;
import dev.gatun.data.quickstart.QuickstartData.Unseen;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class QuickstartFilesTest {
  private static final Path SHIPPED = Path.of("datasets");
  private static final long MAX_BYTES = 1_500_000;

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {QuickstartFiles.CORPUS, QuickstartFiles.TRAIN, QuickstartFiles.UNSEEN})
  void theShippedFilesAreWhatTheGeneratorWrites(String name) throws IOException {
    QuickstartFiles.main(new String[] {folder.toString()});
    assertEquals(
        -1,
        Files.mismatch(folder.resolve(name), SHIPPED.resolve(name)),
        "datasets/README.md says how to write the files anew");
  }

  @Test
  void theShippedFilesStaySmall() throws IOException {
    long bytes =
        Files.size(SHIPPED.resolve(QuickstartFiles.CORPUS))
            + Files.size(SHIPPED.resolve(QuickstartFiles.TRAIN))
            + Files.size(SHIPPED.resolve(QuickstartFiles.UNSEEN));
    assertTrue(bytes <= MAX_BYTES, bytes + " bytes");
  }

  @Test
  void theFilesReadBackAsTheData() throws IOException {
    QuickstartData data = QuickstartData.generate(1);
    QuickstartFiles.write(data, folder);
    assertEquals(data.corpus(), Files.readAllLines(folder.resolve(QuickstartFiles.CORPUS)));
    List<InstructionRow> train = new ArrayList<>();
    for (String line : Files.readAllLines(folder.resolve(QuickstartFiles.TRAIN))) {
      train.add(row(new ObjectMapper().readTree(line)));
    }
    assertEquals(data.train(), train);
    List<Unseen> unseen = new ArrayList<>();
    for (String line : Files.readAllLines(folder.resolve(QuickstartFiles.UNSEEN))) {
      JsonNode object = new ObjectMapper().readTree(line);
      unseen.add(new Unseen(object.get("family").asText(), row(object)));
    }
    assertEquals(data.unseen(), unseen);
  }

  @Test
  void needsAFolder() {
    assertThrows(IllegalArgumentException.class, () -> QuickstartFiles.main(new String[0]));
  }

  private static InstructionRow row(JsonNode object) {
    return new InstructionRow(object.get("instruction").asText(), object.get("output").asText());
  }
}
