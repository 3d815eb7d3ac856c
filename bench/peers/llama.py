"""llama.cpp's side of the comparison on a GGUF file, as gguf.ts is ours: reads {"prefill": tokens, "decode": tokens} a line and says how many seconds the first took, and each of the second: the mean, and the medians by the clock and of processor time.

    python llama.py FILE.gguf ENTRIES THREADS [ROWS]

ENTRIES is the size of the vocabulary. With ROWS (default 1) as many sequences are read and decoded together, as by `llama-server -np ROWS`
"""
import json
import statistics
import sys
import time

from cyllama.llama import llama_cpp as llama


class Model(llama.LlamaModel):
    """The binding asks its model for this number and does not have it."""

    n_vocab = int(sys.argv[2])


path, threads = sys.argv[1], int(sys.argv[3])
rows = int(sys.argv[4]) if len(sys.argv) > 4 else 1
model = Model(path)
parameters = llama.LlamaContextParams()
parameters.n_ctx = 1024 * rows
parameters.n_seq_max = rows
parameters.n_batch = parameters.n_ubatch = 512
parameters.n_threads = parameters.n_threads_batch = threads
context = llama.LlamaContext(model, parameters)


def read(sequences, past):
    """Reads on in these sequences, [(number, tokens)], all of which have `past` tokens."""
    batch = llama.LlamaBatch(n_tokens=sum(len(tokens) for _, tokens in sequences), embd=0, n_seq_max=rows)
    for row, tokens in sequences:
        for i, token in enumerate(tokens):
            batch.add(token, past + i, [row], i == len(tokens) - 1)
    if context.decode(batch) != 0:
        raise SystemExit("llama_decode failed")
    context.get_logits_ith(-1)


def measured(prefill, decode):
    context.kv_cache_clear()
    prompt = [100 + (13 * i) % 4000 for i in range(prefill)]
    started = time.perf_counter()
    for row in range(rows):
        read([(row, prompt)], 0)
    after = time.perf_counter()
    clock, processor = [], []
    for i in range(decode):
        step, used = time.perf_counter(), time.process_time()
        read([(row, [100 + i]) for row in range(rows)], prefill + i)
        clock.append(time.perf_counter() - step)
        processor.append(time.process_time() - used)
    return {
        "prefill": after - started,
        "decode": (time.perf_counter() - after) / decode,
        "clock": statistics.median(clock),
        "processor": statistics.median(processor),
    }


measured(16, 2)
print(json.dumps({"ready": True}), flush=True)
for line in sys.stdin:
    print(json.dumps(measured(**json.loads(line))), flush=True)
