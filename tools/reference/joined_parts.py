"""Writes test/fixtures/published/parts-{qwen3,llama3,siglip,clip}: random weights in folders of the forms that today's language models and towers have in their repositories, tokenizers and processors included, for
recipes/joined. Small, but with what the real ones have: a table of more rows than the tokenizer has entries and tokens that are not special (Qwen3), scaled positions, two shards and merges that are left aside (Llama 3.2), both
towers with their processors (SigLIP, CLIP).

Run from the repository root after published.py, which empties the folder: python tools/reference/joined_parts.py
with Python 3.11, torch 2.6.0, torchvision 0.21.0, transformers 5.24.0, tokenizers 0.23, safetensors 0.8.0
"""
import torch
import transformers
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil

from published_common import folder, shake
from published_tokenizers import TEXTS

WORDS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}%s| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
SIZES = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 4, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 16, "tie_word_embeddings": True}
TOWER = {"hidden_size": 24, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "image_size": 28, "patch_size": 14}
TEXT = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "vocab_size": 12, "max_position_embeddings": 8, "bos_token_id": 1, "eos_token_id": 2}


def tokenizer(name, digits, special, plain=(), nfc=True, ignore_merges=False, start=None):
    made = Tokenizer(models.BPE(ignore_merges=ignore_merges))
    if nfc:
        made.normalizer = normalizers.NFC()
    made.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(WORDS % digits), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=False, use_regex=False),
    ])
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=290, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    made.train_from_iterator(TEXTS, trainer)
    made.add_special_tokens([AddedToken(token, normalized=False) for token in special])
    made.add_tokens([AddedToken(token, normalized=False, special=False) for token in plain])
    byte_level = processors.ByteLevel(trim_offsets=False)
    made.post_processor = byte_level if start is None else processors.Sequence([byte_level, processors.TemplateProcessing(single=f"{start} $A", special_tokens=[(start, made.token_to_id(start))])])
    made.save(f"{folder(name)}/tokenizer.json")


def language(name, model, seed, **options):
    shake(model.eval(), seed)
    model.to(torch.bfloat16).save_pretrained(folder(name), **options)


def tower(name, model, processor, seed):
    shake(model.eval(), seed)
    model.save_pretrained(folder(name))
    processor.save_pretrained(folder(name))


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.manual_seed(0)
    qwen = transformers.Qwen3Config(**SIZES, vocab_size=320, max_position_embeddings=256, rope_parameters={"rope_type": "default", "rope_theta": 1000000.0})
    language("parts-qwen3", transformers.Qwen3ForCausalLM(qwen), 301)
    tokenizer("parts-qwen3", "", ["<|endoftext|>", "<|im_start|>", "<|im_end|>"], ["<think>", "</think>"])
    scaling = {"rope_type": "llama3", "rope_theta": 500000.0, "factor": 32.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 64}
    llama = transformers.LlamaConfig(**SIZES, vocab_size=294, max_position_embeddings=256, rms_norm_eps=1e-5, rope_parameters=scaling)
    language("parts-llama3", transformers.LlamaForCausalLM(llama), 302, max_shard_size="60KB")
    tokenizer("parts-llama3", "{1,3}", ["<|begin_of_text|>", "<|end_of_text|>", "<|eot_id|>"], nfc=False, ignore_merges=True, start="<|begin_of_text|>")
    siglip = transformers.SiglipModel(transformers.SiglipConfig(vision_config=TOWER, text_config={**TEXT, "projection_size": 24}))
    tower("parts-siglip", siglip, SiglipImageProcessorPil(size={"height": 28, "width": 28}, resample=2, image_mean=[0.5] * 3, image_std=[0.5] * 3), 303)
    clip = transformers.CLIPModel(transformers.CLIPConfig(vision_config=TOWER, text_config=TEXT, projection_dim=8))
    tower("parts-clip", clip, CLIPImageProcessorPil(size={"shortest_edge": 28}, crop_size={"height": 28, "width": 28}), 304)
