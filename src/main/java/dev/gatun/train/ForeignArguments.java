package dev.gatun.train;

import dev.gatun.hub.JsonFields;
import java.util.List;
import java.util.Map;

/**
 * The names of {@code TrainingArguments} that Gatun knows and does not act on, so that a
 * configuration written for Hugging Face's trainer is either obeyed or refused by name.
 */
final class ForeignArguments {
  /** Names that have a meaning there, but none here: any value but "off" is an error. */
  private static final List<String> UNSUPPORTED =
      List.of(
          "fp16",
          "fp16_full_eval",
          "bf16_full_eval",
          "tf32",
          "neftune_noise_alpha",
          "deepspeed",
          "fsdp",
          "torch_compile",
          "use_liger_kernel",
          "push_to_hub",
          "auto_find_batch_size",
          "optim",
          "optim_args",
          "optim_target_modules",
          "ignore_data_skip",
          "save_only_model",
          "eval_delay",
          "batch_eval_metrics",
          "prediction_loss_only");

  /** Names whose value changes no result here. */
  private static final String[] IRRELEVANT = {
    "average_tokens_across_devices",
    "dataloader_num_workers",
    "dataloader_persistent_workers",
    "dataloader_pin_memory",
    "dataloader_prefetch_factor",
    "ddp_find_unused_parameters",
    "disable_tqdm",
    "do_eval",
    "do_predict",
    "do_train",
    "eval_accumulation_steps",
    "full_determinism",
    "gradient_checkpointing_kwargs",
    "include_num_input_tokens_seen",
    "include_tokens_per_second",
    "log_level",
    "log_level_replica",
    "logging_nan_inf_filter",
    "overwrite_output_dir",
    "remove_unused_columns",
    "run_name",
    "save_on_each_node",
    "save_safetensors",
    "skip_memory_metrics",
    "torch_empty_cache_steps",
    "use_cache"
  };

  /** Names of trl's {@code SFTConfig} that have another place here, and that place. */
  private static final Map<String, String> ELSEWHERE =
      Map.of(
          "assistant_only_loss", "data.assistant_only_loss",
          "chat_template_path", "data.chat_template_path",
          "completion_only_loss", "data.completion_only_loss",
          "dataset_text_field", "data.columns",
          "eval_packing", "data.eval_packing",
          "max_length", "data.context_length",
          "max_seq_length", "data.context_length",
          "packing", "data.packing",
          "packing_strategy", "data.packing_strategy");

  private ForeignArguments() {}

  /**
   * Accepts what changes nothing.
   *
   * @throws dev.gatun.core.ConfigurationException for a name that would have to change something
   */
  static void check(JsonFields fields) {
    for (String name : UNSUPPORTED) {
      boolean off = fields.node().path(name).asText("").matches("|false|0|0\\.0|null|adamw_torch");
      if (fields.has(name) && !off) {
        throw fields.error(
            name, "is a known training argument that Gatun does not support; remove it");
      }
    }
    ELSEWHERE.forEach(
        (name, place) -> {
          if (fields.has(name)) {
            throw fields.error(name, "is written as " + place);
          }
        });
    fields.accept(UNSUPPORTED.toArray(String[]::new));
    fields.accept(IRRELEVANT);
  }
}
