"""Writes test/fixtures/checkpoint/gguf/tokenizers.json: small vocabularies as GGUF metadata hold them, and what llama.cpp, the tokenizers library (with the authors' own rules) and SentencePiece make of random texts of many
languages with them.

    python tools/reference/gguf_tokenizers.py PYTHON

with Python 3.11, tokenizers 0.23, sentencepiece 0.2.3, gguf 0.19.0; PYTHON is that of an environment with cyllama 0.2.18 (llama.cpp b9190).
"""
import io
import json
import random
import subprocess
import sys
import tempfile
import unicodedata

import gguf
import numpy as np
import sentencepiece
import tokenizers
from tokenizers import models, normalizers, pre_tokenizers, trainers

WIDTH = 32
TARGET = "test/fixtures/checkpoint/gguf/tokenizers.json"
# The first article of the Universal Declaration of Human Rights, and signs, numbers and code.
SENTENCES = [
    "All human beings are born free and equal in dignity and rights. They are endowed with reason and conscience.",
    "Alle Menschen sind frei und gleich an Würde und Rechten geboren. Sie sind mit Vernunft und Gewissen begabt.",
    "Tous les êtres humains naissent libres et égaux en dignité et en droits. Ils sont doués de raison et de conscience.",
    "Todos los seres humanos nacen libres e iguales en dignidad y derechos, dotados como están de razón y conciencia.",
    "Все люди рождаются свободными и равными в своем достоинстве и правах. Они наделены разумом и совестью.",
    "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια και τα δικαιώματα.",
    "يولد جميع الناس أحراراً متساوين في الكرامة والحقوق.", "כל בני האדם נולדו בני חורין ושווים בערכם ובזכויותיהם.",
    "सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता और समानता प्राप्त है।", "มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์และสิทธิ",
    "人人生而自由，在尊严和权利上一律平等。", "すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。", "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다.",
    "Tất cả mọi người sinh ra đều được tự do và bình đẳng về nhân phẩm và quyền.", "Bütün insanlar hür, haysiyet ve haklar bakımından eşit doğarlar. İstanbul'da ılık.",
    "def area(r):\n    return 3.14159 * r ** 2\n\nif __name__ == '__main__':\n\tprint(area(10))\r\n",
    "I'm sure they'll say it's what we've done; you'd better not. DON'T SHOUT, HE'S HERE, WE'LL SEE.", "camelCase snake_case HTTPServer XMLHttpRequest iPhone McDonald Ǆungla ﬁne",
    "1234567890 3.14 1,000,000 2026-11-27 0xFF 1e-5 ٣٤٥ १२३ Ⅷ ½ x² 12th", "🙂👩‍🚀🇩🇪 ❤️ → ≠ ∑ € £ … “quotes” ‘single’ «guillemets» ¿qué? ¡sí!",
    "  leading, trailing  \n\n\n  blank   lines \t\t tabs\r\n\r\n \u00a0 \u2003 \u3000 end ", "a/b/c //comment /* x */\n/path/to/file.txt\n", "<div><p>x</p></div> <unk> <s> [INST] <0x0A> ▁ Ġ",
]


def texts(count):
    """Pieces of those, put together anyhow, some decomposed."""
    draw = random.Random(11)
    made = list(SENTENCES)
    while len(made) < count:
        parts = []
        for _ in range(draw.randint(1, 7)):
            sentence = draw.choice(SENTENCES)
            start = draw.randrange(len(sentence))
            parts.append(sentence[start : start + draw.randint(1, 14)])
            parts.append(draw.choice(["", "", " ", "  ", "\n", "'", "'S ", "/\n", "12", "\t"]))
        text = "".join(parts)
        made.append(unicodedata.normalize("NFD", text) if draw.random() < 0.2 else text)
    return made


SHORT = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
REST = r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
# As the tokenizer.json of Llama 3, Qwen 2.5, OLMo 2, Phi-4-mini (that of gpt-4o) and SmolLM2 have them.
RULES = {
    "gpt-2": None,
    "smollm": "digits",
    "llama-bpe": SHORT + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|" + REST,
    "qwen2": SHORT + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}|" + REST,
    "dbrx": SHORT + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|" + REST,
    "gpt-4o": r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+" + SHORT + r"?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*" + SHORT
    + r"?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
}


def cutting(name):
    rule = RULES[name]
    if rule is None:
        return pre_tokenizers.ByteLevel(add_prefix_space=False)
    if rule == "digits":
        return pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    return pre_tokenizers.Sequence([pre_tokenizers.Split(tokenizers.Regex(rule), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


LLAMA = """
import json, sys
from cyllama.llama import llama_cpp as llama
llama.disable_logging()
llama.llama_backend_init()
model = llama.LlamaModel(sys.argv[1])
vocabulary = model.get_vocab()
print(json.dumps([list(vocabulary.tokenize(text, False, False)) for text in json.load(sys.stdin)]))
"""


def by_llama(metadata, inputs):
    with tempfile.NamedTemporaryFile(suffix=".gguf") as file:
        writer = gguf.GGUFWriter(file.name, "llama")
        writer.add_block_count(1)
        writer.add_head_count(1)
        for add in (writer.add_context_length, writer.add_embedding_length, writer.add_feed_forward_length):
            add(WIDTH)
        writer.add_layer_norm_rms_eps(1e-5)
        writer.add_tokenizer_model(metadata["model"])
        writer.add_tokenizer_pre(metadata["pre"])
        writer.add_token_list(metadata["tokens"])
        writer.add_token_types(metadata["token_type"])
        if "merges" in metadata:
            writer.add_token_merges(metadata["merges"])
        else:
            writer.add_token_scores(metadata["scores"])
            writer.add_add_space_prefix(metadata["add_space_prefix"])
            writer.add_unk_token_id(0)
        # llama.cpp wants a model around its vocabulary.
        writer.add_tensor("token_embd.weight", np.zeros((len(metadata["tokens"]), WIDTH), np.float32))
        for name in ("output_norm", "blk.0.attn_norm", "blk.0.ffn_norm"):
            writer.add_tensor(f"{name}.weight", np.zeros(WIDTH, np.float32))
        for name in ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"):
            writer.add_tensor(f"blk.0.{name}.weight", np.zeros((WIDTH, WIDTH), np.float32))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        output = subprocess.run([sys.argv[1], "-c", LLAMA, file.name], input=json.dumps(inputs), capture_output=True, text=True)
        if output.returncode != 0:
            raise SystemExit(output.stderr[-1000:])
        return json.loads(output.stdout.splitlines()[-1])


def agreeing(name, ours, theirs, inputs):
    for text, a, b in zip(inputs, ours, theirs):
        if a != b:
            print(f"{name}: llama.cpp reads {text!r} in another way: {b}, not {a}", file=sys.stderr)
    print(name, sum(a == b for a, b in zip(ours, theirs)), "of", len(inputs), "as llama.cpp", file=sys.stderr)


def byte_pairs(inputs):
    trained = tokenizers.Tokenizer(models.BPE())
    trained.pre_tokenizer = cutting("llama-bpe")
    trained.train_from_iterator(SENTENCES * 3, trainers.BpeTrainer(vocab_size=900, min_frequency=2, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    model = json.loads(trained.to_str())["model"]
    tokens = sorted(model["vocab"], key=model["vocab"].get)
    merges = [" ".join(merge) for merge in model["merges"]]
    # One that merges do not make: "ignore_merges" finds it where it is a whole piece.
    whole_word = next(word for word in ("Ġendowed", "ĠSHOUT", "Ġnaissent", "Ġbegabt") if word not in model["vocab"])
    tokens += [whole_word, "<|im_start|>", "<tool>"]
    metadata = {"model": "gpt2", "tokens": tokens, "token_type": [*[1] * (len(tokens) - 2), 3, 4], "merges": merges}
    ids = {}
    for name in RULES:
        whole = tokenizers.Tokenizer(models.BPE(vocab={token: id for id, token in enumerate(tokens[:-2])}, merges=[tuple(merge.split(" ")) for merge in merges], ignore_merges=name == "llama-bpe"))
        whole.pre_tokenizer = cutting(name)
        whole.add_tokens([tokenizers.AddedToken("<tool>", normalized=False)])
        seen = inputs
        if name == "qwen2":
            whole.normalizer = normalizers.NFC()
            seen = [unicodedata.normalize("NFC", text) for text in inputs]
        shift = {len(tokens) - 2: len(tokens) - 1}
        ids[name] = [[shift.get(id, id) for id in whole.encode(text, add_special_tokens=False).ids] for text in inputs]
        agreeing(name, ids[name], by_llama(metadata | {"pre": name}, seen), inputs)
    return {"metadata": metadata, "ids": ids}


def sentence_pieces(inputs, space_before):
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(line for sentence in SENTENCES for line in sentence.splitlines() if line), model_writer=model, model_type="bpe", vocab_size=900, byte_fallback=True, character_coverage=0.98,
        normalization_rule_name="identity", remove_extra_whitespaces=False, add_dummy_prefix=space_before, split_digits=True, user_defined_symbols=["<div>", "</div>"], minloglevel=2, num_threads=1,
    )
    pieces = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    types = [
        2 if pieces.is_unknown(i) else 3 if pieces.is_control(i) else 6 if pieces.is_byte(i) else 4 if pieces.id_to_piece(i) in ("<div>", "</div>") else 1 for i in range(pieces.get_piece_size())
    ]
    metadata = {
        "model": "llama", "pre": "default", "tokens": [pieces.id_to_piece(i) for i in range(pieces.get_piece_size())], "scores": [pieces.get_score(i) for i in range(pieces.get_piece_size())],
        "token_type": types, "add_space_prefix": space_before,
    }
    # Where a space is put before a text, llama.cpp and transformers put one behind each token that is found in it too.
    ids = by_llama(metadata, inputs)
    agreeing(f"SentencePiece {space_before}", [pieces.encode(text) for text in inputs], ids, inputs)
    return {"metadata": metadata, "ids": ids}


if __name__ == "__main__":
    inputs = texts(200)
    record = {
        "source": f"tokenizers {tokenizers.__version__}, sentencepiece {sentencepiece.__version__}, llama.cpp b9190", "texts": inputs, "bytePairs": byte_pairs(inputs),
        "sentencePieces": [sentence_pieces(inputs, space_before) for space_before in (True, False)],
    }
    with open(TARGET, "w") as file:
        file.write("{\n" + ",\n".join(f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in record.items()) + "\n}\n")
