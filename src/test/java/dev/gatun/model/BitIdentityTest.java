package dev.gatun.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gatun.autograd.Gradients;
import dev.gatun.autograd.Step;
import dev.gatun.autograd.Tape;
import dev.gatun.core.DType;
import dev.gatun.core.Philox;
import dev.gatun.core.Shape;
import dev.gatun.cpu.Parallel;
import dev.gatun.memory.Region;
import dev.gatun.nn.Activation;
import dev.gatun.nn.Mode;
import dev.gatun.nn.Parameter;
import dev.gatun.nn.RopeScaling;
import dev.gatun.op.Ops;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Initial values, loss and gradients of models large enough to be shared among threads. */
final class BitIdentityTest {
  private static final int BATCH = 3;
  private static final int LENGTH = 70;
  private static final int VOCAB = 1000;

  private final int threads = Parallel.threads();

  @AfterEach
  void restoreThreads() {
    Parallel.setThreads(threads);
  }

  static List<ModelConfig> configs() {
    return List.of(
        new LlamaConfig(
            LlamaConfig.Variant.LLAMA,
            VOCAB,
            96,
            250,
            2,
            4,
            2,
            24,
            Activation.SILU,
            128,
            0.1,
            1e-5,
            true,
            10_000,
            new RopeScaling.Default(),
            false,
            false,
            false,
            false,
            0,
            0,
            0,
            SpecialTokens.none()),
        new Gpt2Config(
            VOCAB,
            128,
            96,
            2,
            4,
            384,
            Activation.GELU_NEW,
            0.1,
            0.1,
            0,
            1e-5,
            0.1,
            true,
            false,
            true,
            SpecialTokens.none()));
  }

  @ParameterizedTest
  @MethodSource("configs")
  void threadsChangeNoBit(ModelConfig config) {
    List<float[]> one = step(config, 1);
    for (int threads : new int[] {2, 3}) {
      List<float[]> many = step(config, threads);
      for (int i = 0; i < one.size(); i++) {
        int difference = Arrays.mismatch(one.get(i), many.get(i));
        assertEquals(-1, difference, "result %d with %d threads".formatted(i, threads));
      }
    }
  }

  /** The loss, then each parameter and its gradient. */
  private static List<float[]> step(ModelConfig config, int threads) {
    Parallel.setThreads(threads);
    CausalLm model = config.build();
    List<float[]> results = new ArrayList<>();
    try (Region region = new Region("model");
        Region step = new Region("step")) {
      model.parameters().mode().train(Tensors.of(region, Shape.of(2), Mode.key(1, 2)));
      model.parameters().materialize(region, DType.F32);
      model.parameters().initialize(3);
      Gradients gradients = model.parameters().allocateGradients(region);
      Tape tape = Ops.tape(gradients);
      gradients.beginGroup();
      Step.run(
          step,
          tape,
          () -> {
            ForwardInput in = ForwardInput.of(step, tokens(step, 0), new int[] {0, 5, 66}, null);
            Tensor loss = model.loss(in, tokens(step, 1), 1.0 / (BATCH * LENGTH));
            results.add(Tensors.toFloats(loss));
            tape.backward(loss, Tensors.of(step, loss.shape(), new float[] {1}));
            return null;
          });
      gradients.endGroup();
      for (Parameter parameter : model.parameters()) {
        results.add(Tensors.toFloats(parameter.value()));
        Tensor gradient = parameter.gradient();
        results.add(gradient == null ? new float[0] : Tensors.toFloats(gradient));
      }
    }
    return results;
  }

  private static Tensor tokens(Region region, int shift) {
    int[] tokens = new int[BATCH * LENGTH];
    Philox random = new Philox(4, 0);
    Arrays.setAll(tokens, i -> random.below(VOCAB, i + shift));
    return Tensors.of(region, Shape.of(BATCH, LENGTH), tokens);
  }
}
