package dev.gatun.data;

import dev.gatun.core.ConfigurationException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The text that an {@link InstructionRow} is trained as, with {@code {instruction}}, {@code
 * {input}} and {@code {output}} in the places of its fields.
 *
 * <p>Without {@code {input}}, an input that is not blank follows the instruction on a new line, so
 * that it is never lost.
 */
public final class PromptTemplate {
  private static final Pattern FIELD = Pattern.compile("\\{(\\w+)}");

  /** The form of the recipe: special tokens around prompt and answer. */
  public static final PromptTemplate RECIPE =
      PromptTemplate.of("<|prompt|> {instruction} <|assistant|> {output} <|endofanswer|>");

  private final List<Part> parts;
  private final boolean hasInput;

  private sealed interface Part {
    record Literal(String text) implements Part {}

    record Field(Name name) implements Part {}

    enum Name {
      INSTRUCTION,
      INPUT,
      OUTPUT
    }
  }

  private PromptTemplate(List<Part> parts) {
    this.parts = List.copyOf(parts);
    this.hasInput = parts.contains(new Part.Field(Part.Name.INPUT));
  }

  /**
   * Reads a template.
   *
   * @throws ConfigurationException for an unknown field, or unless the instruction comes before the
   *     only output
   */
  public static PromptTemplate of(String template) {
    List<Part> parts = new ArrayList<>();
    Matcher field = FIELD.matcher(template);
    int end = 0;
    while (field.find()) {
      parts.add(new Part.Literal(template.substring(end, field.start())));
      parts.add(new Part.Field(name(field.group(1), template)));
      end = field.end();
    }
    parts.add(new Part.Literal(template.substring(end)));
    int instruction = parts.indexOf(new Part.Field(Part.Name.INSTRUCTION));
    int output = parts.indexOf(new Part.Field(Part.Name.OUTPUT));
    int lastField = parts.size() - 2;
    if (instruction < 0 || output < instruction || output != lastField) {
      throw new ConfigurationException(
          "prompt template '" + template + "' needs {instruction}, and {output} as last field");
    }
    return new PromptTemplate(parts);
  }

  private static Part.Name name(String field, String template) {
    return switch (field) {
      case "instruction" -> Part.Name.INSTRUCTION;
      case "input" -> Part.Name.INPUT;
      case "output" -> Part.Name.OUTPUT;
      default ->
          throw new ConfigurationException(
              "prompt template '"
                  + template
                  + "' has the unknown field {"
                  + field
                  + "}; the fields are {instruction}, {input} and {output}");
    };
  }

  /** The whole example: prompt, answer and what ends it. */
  public String example(InstructionRow row) {
    return render(parts, row);
  }

  /** The whole example, with the answer and what ends it marked as what is to be learned. */
  public MarkedText marked(InstructionRow row) {
    return new MarkedText.Builder()
        .read(prompt(row))
        .write(render(parts.subList(parts.size() - 2, parts.size()), row))
        .build();
  }

  /** The part before the answer: what a model is given to complete. */
  public String prompt(InstructionRow row) {
    return render(parts.subList(0, parts.size() - 2), row);
  }

  private String render(List<Part> rendered, InstructionRow row) {
    StringBuilder text = new StringBuilder();
    for (Part part : rendered) {
      switch (part) {
        case Part.Literal literal -> text.append(literal.text());
        case Part.Field field -> text.append(value(field.name(), row));
      }
    }
    return text.toString();
  }

  private String value(Part.Name name, InstructionRow row) {
    return switch (name) {
      case INSTRUCTION ->
          hasInput || row.input().isBlank()
              ? row.instruction()
              : row.instruction() + "\n" + row.input();
      case INPUT -> row.input();
      case OUTPUT -> row.output();
    };
  }
}
