"""Small tokenizers with the shape of the published ones: GPT-NeoX's (MPT and RedPajama use it too) and LLaMA's (see published.py)."""
import json

import transformers
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

ENTRIES = 128
CHARACTERS = [chr(code) for code in range(0x20, 0x7F)] + ["\n"]
TEXTS = ["a cat and a dog on the mat. what is it? Question: what colour is the hat? Answer: it is red. An image of two cats, one with a hat on."] * 20


def gpt_neox():
    """Bytes by their visible names; runs of spaces are added tokens that are not special. Bytes that are not in CHARACTERS have no entry, which keeps it small."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel(add_prefix_space=False)
    alphabet = [pre_tokenizers.ByteLevel(add_prefix_space=False).pre_tokenize_str(character)[0][0] for character in CHARACTERS]
    runs = ["   ", "  "]
    trainer = trainers.BpeTrainer(vocab_size=ENTRIES - len(runs), special_tokens=["<|endoftext|>", "<|padding|>"], initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(TEXTS, trainer)
    tokenizer.add_tokens([AddedToken(run, normalized=True, special=False) for run in runs])
    assert tokenizer.get_vocab_size() == ENTRIES
    return tokenizer


def openflamingo(path):
    """Written as the language models' repositories have it; returned with the tokens that OpenFlamingo adds."""
    tokenizer = gpt_neox()
    tokenizer.save(path)
    # The steps of `create_model_and_transforms`.
    fast = transformers.PreTrainedTokenizerFast(tokenizer_file=path)
    fast.add_special_tokens({"additional_special_tokens": ["<|endofchunk|>", "<image>"]})
    fast.add_special_tokens({"pad_token": "<PAD>"})
    return fast


def llama(path, pictures):
    """With a byte for line ends, as LLaMA's has for everything without an entry. Written as IDEFICS' repositories have it, its own tokens added."""
    special, bytes_ = ["<unk>", "<s>", "</s>"], ["<0x0A>", "<0x0D>"]
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    alphabet = [character for character in CHARACTERS if character not in " \n"]
    trainer = trainers.BpeTrainer(vocab_size=ENTRIES, special_tokens=special + bytes_, initial_alphabet=alphabet, show_progress=False)
    # Words one by one: merges do not cross spaces.
    tokenizer.train_from_iterator([word for text in TEXTS for word in text.split(" ")], trainer)
    assert tokenizer.get_vocab_size() == ENTRIES
    published = json.loads(tokenizer.to_str())
    published["added_tokens"] = [token for token in published["added_tokens"] if token["content"] in special]
    with open(path, "w") as file:
        json.dump(published, file)
    fast = transformers.LlamaTokenizerFast(tokenizer_file=path, unk_token="<unk>", bos_token="<s>", eos_token="</s>", pad_token="<unk>", legacy=True)
    fast.add_special_tokens({"additional_special_tokens": pictures})
    fast.backend_tokenizer.save(path, pretty=False)
    return fast
