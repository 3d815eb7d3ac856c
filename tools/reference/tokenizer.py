"""What the tokenizers library makes of nano's tokenizer.json.

    python tools/reference/tokenizer.py > test/fixtures/data/tokenizer.json

Needs tokenizers==0.21 or later.
"""
import json

from tokenizers import Tokenizer

texts = [
    "a dax",
    "This is a blicket.",
    "Question: Is this a kind of fruit? Answer: yes",
    "ünïcödé, naïve café — “quoted”",
    "emoji 🙂👩‍🚀 and 漢字",
    "tabs\tand\nnewlines\n\n  and   spaces ",
    "don't we'll they've I'm",
    "numbers 1234567890 and 3.14",
    "\u0000\u0001\u007f control",
    "dog: dax, cat: blick, dog:",
    "",
    " ",
]
tokenizer = Tokenizer.from_file("models/nano/tokenizer.json")
print(json.dumps([{"text": text, "ids": tokenizer.encode(text, add_special_tokens=False).ids} for text in texts]))
