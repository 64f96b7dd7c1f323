package dev.gatun.train;

import com.fasterxml.jackson.databind.JsonNode;
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
          "prediction_loss_only",
          "adafactor",
          "parallelism_config",
          "train_sampling_strategy");

  /** What leaves a name of {@link #UNSUPPORTED} without effect, besides nothing, false and 0. */
  private static final Map<String, List<String>> WITHOUT_EFFECT =
      Map.of(
          "optim", List.of("adamw_torch", "adamw_torch_fused"),
          "train_sampling_strategy", List.of("random"));

  /**
   * Names whose value changes no result here: of one process without a hub, or details of what is
   * refused above.
   */
  private static final String[] IRRELEVANT = {
    "accelerator_config",
    "average_tokens_across_devices",
    "dataloader_in_order",
    "dataloader_multiprocessing_context",
    "dataloader_num_workers",
    "dataloader_persistent_workers",
    "dataloader_pin_memory",
    "dataloader_prefetch_factor",
    "ddp_backend",
    "ddp_broadcast_buffers",
    "ddp_bucket_cap_mb",
    "ddp_find_unused_parameters",
    "ddp_static_graph",
    "ddp_timeout",
    "debug",
    "disable_tqdm",
    "dispatch_batches",
    "do_eval",
    "do_predict",
    "do_train",
    "enable_jit_checkpoint",
    "eval_accumulation_steps",
    "eval_do_concat_batches",
    "eval_use_gather_object",
    "fp16_backend",
    "fp16_opt_level",
    "fsdp_config",
    "fsdp_min_num_params",
    "fsdp_transformer_layer_cls_to_wrap",
    "full_determinism",
    "gradient_checkpointing_kwargs",
    "half_precision_backend",
    "hub_always_push",
    "hub_model_id",
    "hub_private_repo",
    "hub_revision",
    "hub_strategy",
    "hub_token",
    "include_for_metrics",
    "include_inputs_for_metrics",
    "include_num_input_tokens_seen",
    "include_tokens_per_second",
    "jit_mode_eval",
    "label_names",
    "length_column_name",
    "liger_kernel_config",
    "local_rank",
    "log_level",
    "log_level_replica",
    "log_on_each_node",
    "logging_nan_inf_filter",
    "mp_parameters",
    "no_cuda",
    "overwrite_output_dir",
    "past_index",
    "project",
    "push_to_hub_model_id",
    "push_to_hub_organization",
    "push_to_hub_token",
    "ray_scope",
    "remove_unused_columns",
    "restore_callback_states_from_checkpoint",
    "run_name",
    "save_on_each_node",
    "save_safetensors",
    "skip_memory_metrics",
    "split_batches",
    "torch_compile_backend",
    "torch_compile_mode",
    "torch_empty_cache_steps",
    "torchdynamo",
    "tpu_metrics_debug",
    "tpu_num_cores",
    "trackio_bucket_id",
    "trackio_space_id",
    "trackio_static_space_id",
    "use_cache",
    "use_cpu",
    "use_ipex",
    "use_legacy_prediction_loop",
    "use_mps_device"
  };

  /** Names of trl's {@code SFTConfig}, and old ones, that have another place here: that place. */
  private static final Map<String, String> ELSEWHERE =
      Map.ofEntries(
          Map.entry("assistant_only_loss", "data.assistant_only_loss"),
          Map.entry("chat_template_path", "data.chat_template_path"),
          Map.entry("completion_only_loss", "data.completion_only_loss"),
          Map.entry("dataset_text_field", "data.columns"),
          Map.entry("eval_packing", "data.eval_packing"),
          Map.entry("max_length", "data.context_length"),
          Map.entry("max_seq_length", "data.context_length"),
          Map.entry("packing", "data.packing"),
          Map.entry("packing_strategy", "data.packing_strategy"),
          Map.entry("per_gpu_eval_batch_size", "training.per_device_eval_batch_size"),
          Map.entry("per_gpu_train_batch_size", "training.per_device_train_batch_size"));

  private ForeignArguments() {}

  /**
   * Accepts what changes nothing.
   *
   * @throws dev.gatun.core.ConfigurationException for a name that would have to change something
   */
  static void check(JsonFields fields) {
    for (String name : UNSUPPORTED) {
      if (fields.has(name) && !isWithoutEffect(name, fields.node().get(name))) {
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

  private static boolean isWithoutEffect(String name, JsonNode value) {
    return value.isContainerNode()
        ? value.isEmpty()
        : value.asText().matches("|false|0|0\\.0")
            || WITHOUT_EFFECT.getOrDefault(name, List.of()).contains(value.asText());
  }
}
