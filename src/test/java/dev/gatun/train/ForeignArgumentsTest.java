package dev.gatun.train;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.core.ConfigurationException;
import dev.gatun.hub.Json;
import dev.gatun.hub.JsonFields;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Names of {@code TrainingArguments} that Gatun knows and does not offer. */
class ForeignArgumentsTest {
  /** Every name of transformers 4.44 and 5.18 that means something to more than one process. */
  private static final String OTHERS =
      """
      accelerator_config adafactor auto_find_batch_size average_tokens_across_devices
      batch_eval_metrics bf16_full_eval dataloader_in_order dataloader_multiprocessing_context
      dataloader_num_workers dataloader_persistent_workers dataloader_pin_memory
      dataloader_prefetch_factor ddp_backend ddp_broadcast_buffers ddp_bucket_cap_mb
      ddp_find_unused_parameters ddp_static_graph ddp_timeout debug deepspeed disable_tqdm
      dispatch_batches do_eval do_predict do_train enable_jit_checkpoint eval_accumulation_steps
      eval_delay eval_do_concat_batches eval_use_gather_object fp16 fp16_backend fp16_full_eval
      fp16_opt_level fsdp fsdp_config fsdp_min_num_params fsdp_transformer_layer_cls_to_wrap
      full_determinism gradient_checkpointing_kwargs half_precision_backend hub_always_push
      hub_model_id hub_private_repo hub_revision hub_strategy hub_token ignore_data_skip
      include_for_metrics include_inputs_for_metrics include_num_input_tokens_seen
      include_tokens_per_second jit_mode_eval label_names length_column_name liger_kernel_config
      local_rank log_level log_level_replica log_on_each_node logging_nan_inf_filter mp_parameters
      neftune_noise_alpha no_cuda optim optim_args optim_target_modules overwrite_output_dir
      parallelism_config past_index prediction_loss_only project push_to_hub push_to_hub_model_id
      push_to_hub_organization push_to_hub_token ray_scope remove_unused_columns
      restore_callback_states_from_checkpoint run_name save_on_each_node save_only_model
      save_safetensors skip_memory_metrics split_batches tf32 torch_compile torch_compile_backend
      torch_compile_mode torch_empty_cache_steps torchdynamo tpu_metrics_debug tpu_num_cores
      trackio_bucket_id trackio_space_id trackio_static_space_id train_sampling_strategy use_cpu
      use_ipex use_legacy_prediction_loop use_liger_kernel use_mps_device
      """;

  @Test
  void noneIsUnknown() {
    for (String name : OTHERS.strip().split("\\s+", -1)) {
      JsonFields fields = fields("{\"%s\": null}".formatted(name));
      TrainingArguments.read(fields);
      fields.rejectUnknown();
    }
  }

  /** As {@code TrainingArguments.to_json_string} writes its defaults. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"optim\": \"adamw_torch\"}",
        "{\"optim\": \"adamw_torch_fused\"}",
        "{\"train_sampling_strategy\": \"random\"}",
        "{\"fsdp\": []}",
        "{\"fsdp\": \"\", \"fsdp_config\": {\"min_num_params\": 0, \"xla\": false}}",
        "{\"fp16\": false, \"eval_delay\": 0, \"deepspeed\": null, \"local_rank\": 0}",
        "{\"metric_for_best_model\": null, \"greater_is_better\": null}"
      })
  void defaultsAreAccepted(String json) {
    JsonFields fields = fields(json);
    TrainingArguments.read(fields);
    fields.rejectUnknown();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      value = {
        "{\"deepspeed\": {\"zero_optimization\": {\"stage\": 2}}} | deepspeed is a known",
        "{\"fsdp\": [\"full_shard\"]} | fsdp is a known",
        "{\"optim\": \"adafactor\"} | optim is a known",
        "{\"adafactor\": true} | adafactor is a known",
        "{\"eval_delay\": 2} | eval_delay is a known",
        "{\"train_sampling_strategy\": \"sequential\"} | train_sampling_strategy is a known",
        "{\"per_gpu_train_batch_size\": 4} | training.per_device_train_batch_size",
        "{\"packing\": true} | data.packing"
      })
  void whatWouldChangeSomethingIsRefused(String json, String message) {
    ConfigurationException e =
        assertThrows(ConfigurationException.class, () -> TrainingArguments.read(fields(json)));
    assertTrue(e.toString().contains(message), e.toString());
    assertFalse(e.toString().contains("not known"), e.toString());
  }

  private static JsonFields fields(String json) {
    byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
    return JsonFields.ofConfiguration("training", Json.parseObject("training", bytes));
  }
}
