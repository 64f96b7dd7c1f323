package dev.gatun.generate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.core.ConfigurationException;
import dev.gatun.core.DType;
import dev.gatun.hub.Json;
import dev.gatun.hub.JsonFields;
import dev.gatun.hub.ModelConfigs;
import dev.gatun.memory.Region;
import dev.gatun.model.CausalLm;
import dev.gatun.token.AddedToken;
import dev.gatun.token.ChatTemplate;
import dev.gatun.token.Tokenizer;
import dev.gatun.token.TokenizerStyle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Batches, sequences, sessions and conversations, on a small model with random weights. */
class GeneratorTest {
  private static final List<String> PROMPTS =
      List.of("one", "a longer prompt, really", "2", "두 글자");

  @Test
  void aBatchIsWhatEachPromptAloneIs() {
    for (GenerationConfig config : List.of(greedy(), sampling(1))) {
      withModel(
          (model, tokenizer) -> {
            TextGenerator generator = new TextGenerator(model, tokenizer);
            List<TextGenerator.Continuation> together = generator.generate(PROMPTS, config);
            for (int i = 0; i < PROMPTS.size(); i++) {
              TextGenerator.Continuation alone =
                  generator.generate(PROMPTS.subList(i, i + 1), i, config).getFirst();
              assertArrayEquals(alone.newIds(), together.get(i).newIds(), PROMPTS.get(i));
              assertEquals(alone.text(), together.get(i).text());
            }
          });
    }
  }

  @Test
  void severalSequencesOfOnePromptDifferAndRepeatBySeed() {
    withModel(
        (model, tokenizer) -> {
          TextGenerator generator = new TextGenerator(model, tokenizer);
          List<TextGenerator.Continuation> first = generator.generate(PROMPTS, sampling(3));
          List<TextGenerator.Continuation> again = generator.generate(PROMPTS, sampling(3));
          assertEquals(3 * PROMPTS.size(), first.size());
          assertEquals(texts(first), texts(again));
          assertEquals(
              3L * PROMPTS.size(), texts(first).stream().distinct().count(), "all drawn apart");
        });
  }

  @Test
  void severalGreedySequencesAreRefused() {
    assertThrows(
        ConfigurationException.class,
        () -> new GenerationConfig(1, false, 1, 0, 1, 0, 1, 0, 2, 0, List.of(), List.of()));
  }

  @Test
  void piecesJoinToTheWholeText() {
    withModel(
        (model, tokenizer) -> {
          StringBuilder pieces = new StringBuilder();
          TextGenerator.Continuation text =
              new TextGenerator(model, tokenizer).generate("한국어 ", sampling(1), pieces::append);
          assertEquals(text.newText(), pieces.toString());
        });
  }

  /** A session that keeps what it read gives the tokens of one that reads everything again. */
  @Test
  void aSessionContinuesWhereItWas() {
    withModel(
        (model, tokenizer) -> {
          int[] text = tokenizer.encodeIds("The beginning of it", false);
          try (Session kept = new Session(model)) {
            for (int turn = 0; turn < 6; turn++) {
              int held = turn == 0 ? 0 : text.length;
              int[] prompt = turn == 3 ? tokenizer.encodeIds("something else", false) : text;
              int[] added = kept.generate(prompt, greedy(), (_, _) -> true);
              try (Session fresh = new Session(model)) {
                assertArrayEquals(fresh.generate(prompt, greedy(), (_, _) -> true), added);
              }
              if (turn == 1) {
                assertTrue(kept.reused() > held / 2, kept.reused() + " of " + held);
              }
              text = joined(prompt, added, tokenizer.encodeIds(" and then", false));
            }
          }
        });
  }

  @Test
  void aConversationForgetsItsOldestTurnsButNotTheSystem() {
    withModel(
        (model, tokenizer) -> {
          String source = "{% for m in messages %}{{ m.role[0] }}:{{ m.content }};{% endfor %}";
          ChatTemplate template = ChatTemplate.of(source, Map.of());
          GenerationConfig config = GenerationConfig.greedy(8, List.of());
          try (Chat chat = new Chat(model, tokenizer, template, config)) {
            chat.begin("be kind");
            int forgotten = 0;
            List<String> shown = new ArrayList<>();
            for (int turn = 0; turn < 12; turn++) {
              Chat.Reply reply = chat.say("question number " + turn, shown::add);
              forgotten += reply.forgotten();
              assertTrue(reply.promptTokens() + 8 <= 256);
            }
            assertTrue(forgotten > 0);
            String tooLong = "long ".repeat(300);
            assertThrows(ConfigurationException.class, () -> chat.say(tooLong, shown::add));
            assertEquals(0, chat.say("hi", shown::add).text().isEmpty() ? 1 : 0);
          }
        });
  }

  private static List<String> texts(List<TextGenerator.Continuation> continuations) {
    return continuations.stream().map(TextGenerator.Continuation::text).toList();
  }

  private static int[] joined(int[]... parts) {
    return Arrays.stream(parts).flatMapToInt(Arrays::stream).toArray();
  }

  private static GenerationConfig greedy() {
    return new GenerationConfig(12, false, 1, 0, 1, 0, 1.3, 0, 1, 0, List.of(0), List.of());
  }

  private static GenerationConfig sampling(int sequences) {
    return new GenerationConfig(12, true, 1.5, 0, 1, 0, 1, 0, sequences, 7, List.of(0), List.of());
  }

  private interface Body {
    void run(CausalLm model, Tokenizer tokenizer);
  }

  private static void withModel(Body body) {
    Tokenizer bytes =
        TokenizerStyle.byteLevel(false)
            .train(List.of("a"), 257, 1, List.of("<|endoftext|>"), _ -> {});
    Tokenizer.Builder builder = bytes.toBuilder();
    builder.add(AddedToken.special("<|endoftext|>"));
    Tokenizer tokenizer = builder.build();
    ObjectNode config =
        Json.object()
            .put("model_type", "llama")
            .put("vocab_size", tokenizer.idBound())
            .put("hidden_size", 32)
            .put("intermediate_size", 48)
            .put("num_hidden_layers", 2)
            .put("num_attention_heads", 4)
            .put("num_key_value_heads", 2)
            .put("max_position_embeddings", 256)
            .put("initializer_range", 0.5);
    CausalLm model = ModelConfigs.parse(JsonFields.ofConfiguration("model", config)).build();
    try (Region region = new Region("model")) {
      model.parameters().materialize(region, DType.F32);
      model.parameters().initialize(1);
      body.run(model, tokenizer);
    }
  }
}
