/** What every `config.json` of Hugging Face transformers may hold beside its family's own keys: those of `PretrainedConfig`, from version 4.16 to 5.24, and what tools around it add. */
import type * as z from "zod";
import { type KnownKeys, keys, publishedObject } from "./published-object.ts";

/** What changes nothing, whatever the family. */
const nothingEver = keys(
  // Where it comes from.
  "model_type architectures auto_map _name_or_path name_or_path _commit_hash transformers_version custom_pipelines transformers.js_config",
  "unsloth_fixed unsloth_version",
  // How it is stored and run, and what is given beside the logits.
  "torch_dtype dtype use_bfloat16 torchscript tf_legacy_loss xla_device output_past use_cache gradient_checkpointing chunk_size_feed_forward",
  "attn_implementation _attn_implementation _attn_implementation_autoset _attn_implementation_internal _flash_attn_2_enabled use_flash_attention",
  "return_dict use_return_dict output_attentions output_hidden_states keys_to_ignore_at_inference",
  // Of encoders with decoders; every family here is a decoder, or has none.
  "is_decoder tie_encoder_decoder cross_attention_hidden_size",
  // The tokenizer and the markers of flamingo.json decide.
  "tokenizer_class tokenizer_name model_max_length prefix bos_token_id eos_token_id pad_token_id sep_token_id unk_token_id decoder_start_token_id",
  "bos_token_ids eos_token_ids pad_token_ids",
  // Each answer has settings of its own.
  "max_length min_length max_new_tokens do_sample early_stopping num_beams num_beam_groups num_return_sequences diversity_penalty",
  "temperature top_k top_p typical_p repetition_penalty length_penalty no_repeat_ngram_size encoder_no_repeat_ngram_size",
  "bad_words_ids forced_bos_token_id forced_eos_token_id suppress_tokens begin_suppress_tokens exponential_decay_length_penalty",
  "remove_invalid_values output_scores return_dict_in_generate task_specific_params",
  // Heads for other tasks.
  "finetuning_task problem_type id2label label2id num_labels _num_labels classifier_dropout",
  // How weights began, and what was left out or added while they were trained: here nothing is.
  "initializer_range initializer_factor init_std neftune_noise_alpha",
  "attention_dropout hidden_dropout activation_dropout dropout layerdrop attn_pdrop resid_pdrop embd_pdrop emb_pdrop",
  "attention_probs_dropout_prob hidden_dropout_prob",
);

/** What must be said so, if it is said. */
const onlyEver = {
  is_encoder_decoder: [false],
  add_cross_attention: [false],
  // Version 5 takes the mask away where it is false.
  is_causal: [true],
  pruned_heads: [{}, null],
  quantization_config: [null],
};

/** An object that transformers writes, whole or as a part of another one. */
export function pretrainedConfig<Read extends z.core.$ZodShape>({ read, nothing = [], only = {} }: KnownKeys<Read>): z.ZodObject<Read, z.core.$strict> {
  return publishedObject({ read, nothing: [...nothingEver, ...nothing], only: { ...onlyEver, ...only } });
}
