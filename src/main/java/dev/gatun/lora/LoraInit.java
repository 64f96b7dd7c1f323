package dev.gatun.lora;

import dev.gatun.lora.LoraConfig.Initialization;
import dev.gatun.nn.Init;

/**
 * What A and B of one layer start as. PEFT's Kaiming initialisation with a = √5 is uniform on ±1/√n
 * for n inputs, as PyTorch's linear layers start.
 */
record LoraInit(Initialization initialization, int rank) {
  Init a(int in) {
    return switch (initialization) {
      case DEFAULT, RANDOM -> new Init.Uniform(1 / Math.sqrt(in));
      case GAUSSIAN -> new Init.Normal(1.0 / rank);
    };
  }

  Init b() {
    return switch (initialization) {
      case DEFAULT, GAUSSIAN -> Init.zeros();
      case RANDOM -> new Init.Uniform(1 / Math.sqrt(rank));
    };
  }

  Init embeddingA() {
    return switch (initialization) {
      case DEFAULT, GAUSSIAN -> Init.zeros();
      case RANDOM -> new Init.Normal(1);
    };
  }

  Init embeddingB() {
    return new Init.Normal(1);
  }
}
