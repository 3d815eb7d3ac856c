/** Configs of language models of today as their repositories have them (see `released-configs.ts`), and what must become of them. */

const written = { initializer_range: 0.02, torch_dtype: "bfloat16", transformers_version: "4.51.0", use_cache: true, attention_dropout: 0.0 };
const silu = { ...written, hidden_act: "silu", rms_norm_eps: 1e-6 };
const gemma = {
  ...written,
  attention_bias: false,
  head_dim: 256,
  hidden_activation: "gelu_pytorch_tanh",
  rms_norm_eps: 1e-6,
  bos_token_id: 2,
  pad_token_id: 0,
};
const every = (count: number, each: number): string[] =>
  Array.from({ length: count }, (_, i) => ((i + 1) % each === 0 ? "full_attention" : "sliding_attention"));

export const releasedLanguage: readonly (readonly [name: string, config: object, expected: object])[] = [
  [
    "Qwen/Qwen2.5-0.5B",
    {
      ...{ ...silu, architectures: ["Qwen2ForCausalLM"], model_type: "qwen2", bos_token_id: 151643, eos_token_id: 151643, hidden_size: 896 },
      ...{ intermediate_size: 4864, max_position_embeddings: 32768, max_window_layers: 24, num_attention_heads: 14, num_hidden_layers: 24 },
      ...{ num_key_value_heads: 2, rope_theta: 1000000.0, sliding_window: 32768, tie_word_embeddings: true, use_mrope: false },
      ...{ use_sliding_window: false, vocab_size: 151936 },
    },
    {
      width: 896,
      keyHeads: 2,
      headDim: 64,
      positions: { base: 1e6 },
      bias: { attention: "inputs", feedForward: false },
      tiedEmbeddings: true,
      maxTokens: 32768,
    },
  ],
  [
    "Qwen/Qwen3-0.6B",
    {
      ...{ ...silu, architectures: ["Qwen3ForCausalLM"], model_type: "qwen3", attention_bias: false, bos_token_id: 151643, eos_token_id: 151645 },
      ...{ head_dim: 128, hidden_size: 1024, intermediate_size: 3072, max_position_embeddings: 40960, max_window_layers: 28, num_attention_heads: 16 },
      ...{ num_hidden_layers: 28, num_key_value_heads: 8, rope_scaling: null, rope_theta: 1000000, sliding_window: null, tie_word_embeddings: true },
      ...{ use_sliding_window: false, vocab_size: 151936 },
    },
    { width: 1024, headDim: 128, queryKeyNorm: "head", bias: { attention: false }, maxTokens: 40960 },
  ],
  [
    "meta-llama/Llama-3.2-1B",
    {
      ...{ ...silu, architectures: ["LlamaForCausalLM"], model_type: "llama", attention_bias: false, bos_token_id: 128000, eos_token_id: 128001 },
      ...{ head_dim: 64, hidden_size: 2048, intermediate_size: 8192, max_position_embeddings: 131072, mlp_bias: false, num_attention_heads: 32 },
      ...{ num_hidden_layers: 16, num_key_value_heads: 8, pretraining_tp: 1, rms_norm_eps: 1e-5, rope_theta: 500000.0, tie_word_embeddings: true },
      rope_scaling: { factor: 32.0, high_freq_factor: 4.0, low_freq_factor: 1.0, original_max_position_embeddings: 8192, rope_type: "llama3" },
      vocab_size: 128256,
    },
    {
      positions: { base: 500_000, scaling: { kind: "llama3", factor: 32, slowTurns: 1, fastTurns: 4, originalTokens: 8192 } },
      maxTokens: 131_072,
      keyHeads: 8,
    },
  ],
  [
    "google/gemma-3-270m",
    {
      ...{ ...gemma, _sliding_window_pattern: 6, architectures: ["Gemma3ForCausalLM"], model_type: "gemma3_text", attn_logit_softcapping: null },
      ...{ eos_token_id: 1, final_logit_softcapping: null, hidden_size: 640, intermediate_size: 2048, layer_types: every(18, 6) },
      ...{ max_position_embeddings: 32768, num_attention_heads: 4, num_hidden_layers: 18, num_key_value_heads: 1, query_pre_attn_scalar: 256 },
      ...{ rope_local_base_freq: 10000.0, rope_scaling: null, rope_theta: 1000000.0, sliding_window: 512, use_bidirectional_attention: false },
      vocab_size: 262144,
    },
    {
      window: { tokens: 512, everywhere: [5, 11, 17] },
      positions: { base: 1e6, windowBase: 1e4 },
      normPlaces: "both",
      queryKeyNorm: "head",
      attentionScale: 1 / 16,
      embeddingScale: Math.sqrt(640),
    },
  ],
  [
    "google/gemma-2-2b",
    {
      ...{ ...gemma, architectures: ["Gemma2ForCausalLM"], model_type: "gemma2", attn_logit_softcapping: 50.0, cache_implementation: "hybrid" },
      ...{ eos_token_id: 1, final_logit_softcapping: 30.0, hidden_act: "gelu_pytorch_tanh", hidden_size: 2304, intermediate_size: 9216 },
      ...{ max_position_embeddings: 8192, num_attention_heads: 8, num_hidden_layers: 26, num_key_value_heads: 4, query_pre_attn_scalar: 256 },
      ...{ rope_theta: 10000.0, sliding_window: 4096, vocab_size: 256000 },
    },
    { scoreCap: 50, logitCap: 30, window: { tokens: 4096, everywhere: [1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25] }, queryKeyNorm: "none" },
  ],
  [
    "microsoft/Phi-3-mini-4k-instruct",
    {
      ...{ ...silu, _name_or_path: "Phi-3-mini-4k-instruct", architectures: ["Phi3ForCausalLM"], auto_map: {}, model_type: "phi3" },
      ...{ attention_bias: false, bos_token_id: 1, embd_pdrop: 0.0, eos_token_id: 32000, hidden_size: 3072, intermediate_size: 8192 },
      ...{ max_position_embeddings: 4096, num_attention_heads: 32, num_hidden_layers: 32, num_key_value_heads: 32, pad_token_id: 32000 },
      ...{ original_max_position_embeddings: 4096, resid_pdrop: 0.0, rms_norm_eps: 1e-5, rope_scaling: null, rope_theta: 10000.0 },
      ...{ sliding_window: 2047, tie_word_embeddings: false, vocab_size: 32064 },
    },
    { window: { tokens: 2047, everywhere: [] }, headDim: 96, maxTokens: 4096 },
  ],
  [
    "allenai/OLMo-2-0425-1B",
    {
      ...{ ...silu, architectures: ["Olmo2ForCausalLM"], model_type: "olmo2", attention_bias: false, eos_token_id: 100257, hidden_size: 2048 },
      ...{ intermediate_size: 8192, max_position_embeddings: 4096, num_attention_heads: 16, num_hidden_layers: 16, num_key_value_heads: 16 },
      ...{ pad_token_id: 100277, rope_scaling: null, rope_theta: 500000, tie_word_embeddings: false, vocab_size: 100352 },
    },
    { normPlaces: "outputs", queryKeyNorm: "all", positions: { base: 500_000 } },
  ],
  [
    "HuggingFaceTB/SmolLM3-3B",
    {
      ...{ ...silu, architectures: ["SmolLM3ForCausalLM"], model_type: "smollm3", attention_bias: false, bos_token_id: null, eos_token_id: 128012 },
      ...{ hidden_size: 2048, intermediate_size: 11008, layer_types: every(36, 1), max_position_embeddings: 65536, max_window_layers: 28 },
      ...{ mlp_bias: false, no_rope_layer_interval: 4, no_rope_layers: Array.from({ length: 36 }, (_, i) => ((i + 1) % 4 === 0 ? 0 : 1)) },
      ...{ num_attention_heads: 16, num_hidden_layers: 36, num_key_value_heads: 4, pad_token_id: 128004, pretraining_tp: 2, rope_scaling: null },
      ...{ rope_theta: 5000000.0, sliding_window: null, use_sliding_window: false, vocab_size: 128256 },
    },
    { positions: { base: 5e6, unturned: [3, 7, 11, 15, 19, 23, 27, 31, 35] }, tiedEmbeddings: true, keyHeads: 4 },
  ],
];
