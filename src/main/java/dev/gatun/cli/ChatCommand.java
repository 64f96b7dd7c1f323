package dev.gatun.cli;

import dev.gatun.core.ConfigurationException;
import dev.gatun.core.UserException;
import dev.gatun.generate.Chat;
import dev.gatun.generate.GenerationConfig;
import dev.gatun.hub.TokenizerFolder;
import dev.gatun.memory.Region;
import dev.gatun.token.ChatTemplate;
import dev.gatun.train.LoadedModel;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code gatun chat MODEL_DIR}: a conversation, one message in each line of the input. */
@Command(
    name = "chat",
    description = {
      "Talks with a model: one message in each line of the input.",
      "The line /clear begins again; /quit, /exit or the end of the input ends."
    },
    mixinStandardHelpOptions = true)
final class ChatCommand implements Callable<Integer> {
  private static final String PROMPT = "> ";

  @Spec private CommandSpec spec;

  @Mixin private GenerationOptions options;

  @Option(names = "--system", defaultValue = "", description = "A message of the system to begin.")
  private String system = "";

  @Option(
      names = "--chat-template",
      paramLabel = "FILE",
      description = "A Jinja template, instead of that of the model's folder.")
  private @Nullable String templateFile;

  @Option(
      names = "--stats",
      description = "After each answer, say how many tokens were read, reused and generated.")
  private boolean stats;

  @Override
  public Integer call() throws IOException {
    try (Devices devices = options.open();
        Region region = new Region("model", devices.storage())) {
      LoadedModel loaded = options.load(region);
      TokenizerFolder tokenizer = loaded.tokenizer();
      GenerationConfig config = options.config(loaded, tokenizer);
      ChatTemplate template = template(tokenizer);
      try (Chat chat = new Chat(loaded.model(), tokenizer.tokenizer(), template, config)) {
        converse(chat);
      }
    }
    return ExitCode.OK.code();
  }

  /** The template that was named, else the folder's, else the one that its tokens speak for. */
  private ChatTemplate template(TokenizerFolder tokenizer) {
    if (templateFile != null) {
      return tokenizer.withChatTemplate(TextFiles.read(templateFile)).chat().orElseThrow();
    }
    if (tokenizer.chatTemplate().isEmpty()
        && tokenizer.tokenizer().isAdded("<|prompt|>")
        && tokenizer.tokenizer().isAdded("<|assistant|>")) {
      return ChatTemplate.of(ChatTemplate.INSTRUCTION, Map.of());
    }
    return tokenizer
        .chat()
        .orElseThrow(
            () ->
                new ConfigurationException(
                    "the model's folder has no chat template: name one with --chat-template FILE,"
                        + " or use the verb generate"));
  }

  private void converse(Chat chat) throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    chat.begin(system);
    BufferedReader input =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = next(input); line != null; line = next(input)) {
      switch (line.strip()) {
        case "" -> {}
        case "/quit", "/exit" -> {
          return;
        }
        case "/clear" -> chat.begin(system);
        default -> answer(chat, line.strip(), out);
      }
    }
  }

  private @Nullable String next(BufferedReader input) throws IOException {
    if (Terminal.isInteractive()) {
      PrintWriter out = spec.commandLine().getOut();
      out.print(PROMPT);
      out.flush();
    }
    return input.readLine();
  }

  /** One answer. A message that cannot be answered is no reason to end a conversation. */
  private void answer(Chat chat, String message, PrintWriter out) {
    try {
      Chat.Reply reply =
          chat.say(
              message,
              piece -> {
                out.print(piece);
                out.flush();
              });
      out.println();
      PrintWriter err = spec.commandLine().getErr();
      if (reply.forgotten() > 0) {
        err.printf(
            "(the %d oldest messages no longer have room and are forgotten)%n", reply.forgotten());
      }
      if (stats) {
        err.printf(
            Locale.ROOT,
            "(prompt %d tokens, %d of them read before; answer %d tokens)%n",
            reply.promptTokens(),
            reply.reusedTokens(),
            reply.newTokens());
      }
    } catch (UserException e) {
      if (!Terminal.isInteractive()) {
        throw e;
      }
      spec.commandLine().getErr().println("gatun: " + e.getMessage());
    }
  }
}
