"""What the tokenizers library makes of every option of a tokenizer.json that is supported: ids of random texts, texts of random ids.

    python tools/reference/tokenizer_options.py > test/fixtures/data/tokenizer-options.json

Needs tokenizers==0.23.3. A case is one of a few vocabularies with some keys set otherwise, so that the file stays small.
"""
import json
import random

from tokenizers import Tokenizer
from tokenizers.pre_tokenizers import ByteLevel

TEXTS, ANSWERS = 10, 8
SPACES = " \t\n\r\u0085\u00a0\u2003\u3000"
CHARACTERS = (
    "abcdefghilmnorstuvxyABCDESTΣσςİıſKéÉñçß" "\u0301\u0307\u0327" "0123789½²Ⅷ٣" ".,!?'\"-_()[]{}<>|$+^`~*\\/#«»¿…" "▁Ġ€漢字日か한नि" "🙂👩🚀\u200d\ufe0f\ufeff\ufffd\u200b\x00\x07" + SPACES
)
WORDS = ["the", "cat", "dog", "robin", "Robin", "fox", " the", " cat", "it's", "I'LL", "'ſ", "don't", "12", "3.14", "2026", "  ", "   ", "\n\n", "\r\n", "<s>", "</s>", "<image>", "<0x41>", "ab", "aab", "ĠĠ", "a.b", "🙂🚀", "e\u0301"]
BYTES = sorted(ByteLevel.alphabet())
MERGES = ["t h", "th e", "c a", "ca t", "d o", "do g", "i n", "r o", "ro b", "rob in", "i t", "1 2", "a b", "a ab", "e r", "' s", "0 2", ". .", "! !"]


def added(content, id, **flags):
    return {"id": id, "content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": False, **flags}


def vocabulary(specials, symbols, merges):
    """Ids in the order of first mention."""
    entries = [*specials, *symbols, *(merge.replace(" ", "") for merge in merges)]
    return {token: id for id, token in enumerate(dict.fromkeys(entries))}


def base(specials, symbols, merges, **keys):
    vocab = vocabulary(specials, symbols, merges)
    model = {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "ignore_merges": False, "vocab": vocab, "merges": merges}
    return {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [added(content, vocab[content], special=True) for content in specials],
        "normalizer": None, "pre_tokenizer": None, "post_processor": None, "decoder": None, "model": {**model, **keys},
    }


def bases():
    spaced = [f"Ġ {letter}" for letter in "tcdabi"] + ["Ġt h", "Ġth e", "Ġc a", "Ġ Ġ", "Ċ Ċ", "Ã ©", "ð Ł", "ðŁ Ļ", "ðŁĻ Ĥ"]
    byte_level = base(["<s>", "</s>"], BYTES, MERGES + spaced)
    byte_level["pre_tokenizer"] = byte_level["decoder"] = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    known = [character for character in CHARACTERS if character.isascii() and character.isprintable() and character != " "] + list("▁éñ漢")
    metaspaced = [f"▁ {letter}" for letter in "tcdabi"] + ["▁t h", "▁th e", "▁c a", "▁ ▁", "▁ robin"]
    llama = base(["<unk>", "<s>", "</s>"], [f"<0x{byte:02X}>" for byte in range(256)] + known, MERGES + metaspaced, unk_token="<unk>", fuse_unk=True, byte_fallback=True)
    llama["normalizer"] = {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]}
    llama["decoder"] = {"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]}
    # Every piece of a text shows: its last character is another token.
    symbols = list(dict.fromkeys(CHARACTERS + "".join(BYTES)))
    words = base(["<unk>", "<s>"], symbols + [symbol + "</w>" for symbol in symbols], ["t h", "th e</w>", "c a", "ca t</w>", "1 2", "a b</w>"], unk_token="<unk>", end_of_word_suffix="</w>")
    words["decoder"] = {"type": "BPEDecoder", "suffix": "</w>"}
    prefixed = base(["<unk>"], [*"abcdehiorst", *(f"##{letter}" for letter in "abcdehiorst")], ["t ##h", "th ##e", "##h ##e", "c ##a", "##a ##t", "c ##at"], unk_token="<unk>", continuing_subword_prefix="##")
    # The rule is the library's: the second part of a merge loses its prefix.
    prefixed["model"]["vocab"] = vocabulary(["<unk>"], [*"abcdehiorst", *(f"##{letter}" for letter in "abcdehiorst"), "th", "the", "##he", "ca", "##at", "cat"], [])
    prefixed["decoder"] = {"type": "WordPiece", "prefix": "##", "cleanup": False}
    prefixed["pre_tokenizer"] = {"type": "Whitespace"}
    return {"bytes": byte_level, "llama": llama, "words": words, "prefixed": prefixed}


def split(pattern, behavior="Isolated", invert=False):
    return {"type": "Split", "pattern": pattern, "behavior": behavior, "invert": invert}


def sequence(list, *steps):
    return {"type": "Sequence", list: [*steps]}


BEHAVIORS = ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"]
LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
LLAMA4 = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
POSSESSIVE = r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s"
PATTERNS = [LLAMA3, LLAMA4, POSSESSIVE, r"\w+|[^\w\s]+", r"\W", r"\b", r"\B", r"[\W\d]", r"[[:alpha:]&&[^a-e]]+", r"[[:punct:]]", r"(?>a|ab)b", r"x*", r"^.|.$", r"\A.|.\z", r"(?<!\p{L})\p{L}", r"\p{Han}|\p{Hiragana}+", r"[0-9][0-9][0-9]", r"\h+", r"(?<q>['\"]).*?\k<q>", r"\R", r"[^\p{Word}]+", r"(?i)[a-ck]|é|σ"]


def cases():
    whole = {"add_prefix_space": True, "trim_offsets": True, "use_regex": True}
    tokens = [added("robin", 401, single_word=True, normalized=True), added("fox", 402, lstrip=True, rstrip=True, normalized=True)]
    yield "bytes", {}
    yield "bytes", {"pre_tokenizer": {"type": "ByteLevel", **whole}}
    yield "bytes", {"pre_tokenizer": {"type": "ByteLevel", **whole, "use_regex": False}}
    yield "bytes", {"normalizer": {"type": "ByteLevel"}, "pre_tokenizer": None}
    yield "bytes", {"pre_tokenizer": sequence("pretokenizers", {"type": "Digits", "individual_digits": True}, {"type": "ByteLevel", **whole})}
    yield "bytes", {"pre_tokenizer": sequence("pretokenizers", split({"Regex": LLAMA3}), {"type": "ByteLevel", **whole, "add_prefix_space": False, "use_regex": False})}
    yield "bytes", {"model": {"ignore_merges": True, "merges": MERGES[3:]}}
    yield "bytes", {"model": {"merges": [merge.split(" ") for merge in MERGES], "type": None}}
    yield "bytes", {"model": {"end_of_word_suffix": "", "continuing_subword_prefix": ""}}
    yield "bytes", {"truncation": {"direction": "Right", "max_length": 512, "strategy": "LongestFirst", "stride": 0}, "post_processor": {"type": "ByteLevel", **whole}}
    # Added tokens.
    for normalizer in [None, {"type": "NFC"}, {"type": "Lowercase"}]:
        yield "bytes", {"normalizer": normalizer, "added": tokens}
    for flags in [{"lstrip": True}, {"rstrip": True}, {"single_word": True}, {"single_word": True, "lstrip": True, "rstrip": True, "normalized": True}]:
        yield "bytes", {"added": [added("cat", 0, **flags), added("cat dog", 0, **flags), added("a.b", 0, **flags), added("🙂", 0, **flags), added("é", 0, **flags), added("  ", 0, **flags), added("the", 0, **flags)]}
    yield "bytes", {"added": [added("<s", 0), added(">", 0), added("<image>", 0, special=True), added("<ima", 0), added("ge", 0, rstrip=True), added("$+", 0), added("\\", 0), added("(?", 0)]}
    yield "llama", {"added": [added("robin", 0, normalized=True), added("cat", 0), added(" fox", 0, rstrip=True), added("\n\n", 0), added("<image>", 0, special=True, lstrip=True)]}
    # Models.
    yield "llama", {}
    yield "llama", {"model": {"byte_fallback": False}}
    yield "llama", {"model": {"byte_fallback": False, "fuse_unk": False}}
    yield "llama", {"model": {"byte_fallback": False, "unk_token": None}}
    yield "llama", {"without": [f"<0x{byte:02X}>" for byte in range(0xF0, 0x100)]}
    yield "llama", {"without": [f"<0x{byte:02X}>" for byte in range(0xF0, 0x100)], "model": {"fuse_unk": False}}
    yield "words", {}
    yield "prefixed", {}
    yield "prefixed", {"model": {"fuse_unk": True}, "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True}}
    # Normalizers.
    for type in ["NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents"]:
        yield "words", {"normalizer": {"type": type}}
    for left, right in [(True, False), (False, True), (True, True)]:
        yield "words", {"normalizer": {"type": "Strip", "strip_left": left, "strip_right": right}}
    for pattern, content in [({"String": "a"}, "$&"), ({"String": "."}, ""), ({"Regex": r"\s+"}, " "), ({"Regex": "x*"}, "-"), ({"Regex": r"(\p{L})(?=\1)"}, "$1")]:
        yield "words", {"normalizer": {"type": "Replace", "pattern": pattern, "content": content}}
    yield "words", {"normalizer": sequence("normalizers", {"type": "NFD"}, sequence("normalizers", {"type": "StripAccents"}, {"type": "Lowercase"}), {"type": "Prepend", "prepend": "_"})}
    # Pre-tokenizers.
    for behavior in BEHAVIORS:
        for invert in [False, True]:
            yield "words", {"pre_tokenizer": split({"Regex": r"\s|[a-c]+"}, behavior, invert)}
        yield "words", {"pre_tokenizer": split({"String": "."}, behavior)}
        yield "words", {"pre_tokenizer": {"type": "Punctuation", "behavior": behavior}}
    for pattern in PATTERNS:
        yield "words", {"pre_tokenizer": split({"Regex": pattern})}
    for pattern in ["x*", r"\b"]:
        yield "words", {"pre_tokenizer": split({"Regex": pattern}, "MergedWithNext")}
    for type, keys in [("Digits", {"individual_digits": True}), ("Digits", {"individual_digits": False}), ("Punctuation", {}), ("Whitespace", {}), ("WhitespaceSplit", {}), ("CharDelimiterSplit", {"delimiter": "-"}), ("BertPreTokenizer", {})]:
        yield "words", {"pre_tokenizer": {"type": type, **keys}}
    yield "words", {"pre_tokenizer": sequence("pretokenizers", {"type": "WhitespaceSplit"}, sequence("pretokenizers", {"type": "Punctuation"}, {"type": "Digits", "individual_digits": False}), {"type": "ByteLevel", **whole})}
    for scheme in ["always", "first", "never"]:
        for cut in [True, False]:
            metaspace = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme, "split": cut}
            yield "words", {"pre_tokenizer": metaspace, "added": [added("cat", 0), added("the", 0, normalized=True)]}
            yield "llama", {"normalizer": None, "pre_tokenizer": metaspace, "decoder": sequence("decoders", {"type": "ByteFallback"}, metaspace), "added": [added("cat", 0)]}
    yield "words", {"pre_tokenizer": sequence("pretokenizers", {"type": "WhitespaceSplit"}, {"type": "Metaspace", "replacement": "_", "prepend_scheme": "first"})}
    yield "words", {"pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "add_prefix_space": True, "str_rep": "▁"}}
    # Decoders.
    yield "llama", {"decoder": None}
    for steps in [
        [{"type": "ByteFallback"}],
        [{"type": "ByteFallback"}, {"type": "Fuse"}],
        [{"type": "ByteFallback"}, {"type": "Strip", "content": "a", "start": 2, "stop": 0}, {"type": "Fuse"}],
        [{"type": "Fuse"}, {"type": "Strip", "content": "▁", "start": 2, "stop": 2}, {"type": "Replace", "pattern": {"String": "▁"}, "content": "__"}],
        [{"type": "Replace", "pattern": {"Regex": "^▁|t"}, "content": "$&"}, {"type": "Strip", "content": "h", "start": 0, "stop": 1}],
        [{"type": "Fuse"}, {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always"}],
        [{"type": "WordPiece", "prefix": "▁", "cleanup": True}],
        [{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "never"}, {"type": "BPEDecoder", "suffix": "t"}],
    ]:
        yield "llama", {"decoder": sequence("decoders", *steps)}
    yield "bytes", {"decoder": sequence("decoders", {"type": "ByteLevel", **whole}, {"type": "Strip", "content": " ", "start": 1, "stop": 1})}


def applied(start, changes):
    whole = json.loads(json.dumps(start))
    model = {**whole["model"], **changes.get("model", {})}
    if model["type"] is None:
        del model["type"]
    for token in changes.get("without", []):
        del model["vocab"][token]
    # An added token with another id than these would get them all the same.
    free = max(model["vocab"].values()) + 1
    for token in changes.get("added", []):
        token["id"] = model["vocab"].get(token["content"], free)
        free += token["id"] == free
    whole["added_tokens"] += changes.get("added", [])
    return {**whole, **{key: value for key, value in changes.items() if key in whole and key != "model"}, "model": model}


def text(chance):
    return "".join(chance.choice(WORDS) if chance.random() < 0.4 else chance.choice(CHARACTERS) if chance.random() < 0.7 else " " for _ in range(chance.randrange(1, 14)))


def answer(chance, tokenizer, entries):
    if chance.random() < 0.5:
        return tokenizer.encode(text(chance) + text(chance)).ids
    return [chance.choice(entries[-90:] if chance.random() < 0.5 else entries) for _ in range(chance.randrange(0, 12))]


def attempt(call):
    """The library itself stops at some input: a decoder that would take away more than there is."""
    try:
        return call()
    except BaseException as error:
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            raise
        return None


def main():
    chance = random.Random(16)
    starts = bases()
    results = []
    for name, changes in cases():
        whole = applied(starts[name], changes)
        tokenizer = Tokenizer.from_str(json.dumps(whole))
        tokenizer.encode_special_tokens = True
        for token in whole["added_tokens"]:
            assert tokenizer.token_to_id(token["content"]) == token["id"], (token, tokenizer.token_to_id(token["content"]))
        texts = [text(chance) for _ in range(TEXTS)]
        entries = sorted(whole["model"]["vocab"].values()) + [token["id"] for token in whole["added_tokens"]] * 4 + [len(whole["model"]["vocab"]) + 40]
        answers = [answer(chance, tokenizer, entries) for _ in range(ANSWERS)]
        decoded = [(ids, attempt(lambda: tokenizer.decode(ids, skip_special_tokens=True))) for ids in answers]
        results.append({
            "base": name, "changes": changes,
            "encoded": [[text, tokenizer.encode(text, add_special_tokens=False).ids] for text in texts],
            "decoded": [[ids, text] for ids, text in decoded if text is not None],
        })
    print(json.dumps({"bases": starts, "cases": results}, ensure_ascii=True, separators=(",", ":")))


main()
