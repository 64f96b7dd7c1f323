package dev.gatun.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.gatun.core.ConfigurationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PromptTemplateTest {
  @Test
  void theRecipe() {
    InstructionRow row = new InstructionRow("수도는?", "서울");
    assertEquals(
        "<|prompt|> 수도는? <|assistant|> 서울 <|endofanswer|>", PromptTemplate.RECIPE.example(row));
    assertEquals("<|prompt|> 수도는? <|assistant|> ", PromptTemplate.RECIPE.prompt(row));
  }

  @Test
  void theInputIsNeverLost() {
    InstructionRow row = new InstructionRow("Add.", "2, 3", "5");
    assertEquals("Add.\n2, 3=5", PromptTemplate.of("{instruction}={output}").example(row));
    assertEquals(
        "2, 3: Add.=5;", PromptTemplate.of("{input}: {instruction}={output};").example(row));
  }

  @Test
  void braces() {
    InstructionRow row = new InstructionRow("{output} \\1 $0 {instruction}", "{input}");
    assertEquals(
        "{} {output} \\1 $0 {instruction} {input}",
        PromptTemplate.of("{} {instruction} {output}").example(row));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{output}",
        "{instruction}",
        "{output}{instruction}",
        "{instruction}{output}{input}",
        "{instruction}{output}{output}",
        "{instruction}{answer}{output}"
      })
  void refusesTemplatesThatCannotTeach(String template) {
    assertThrows(ConfigurationException.class, () -> PromptTemplate.of(template));
  }
}
