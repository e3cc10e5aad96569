#!/usr/bin/env python3
"""Records what Hugging Face's tokenizers library does, for Tests/TransformerTests.

    python3 scripts/reference/record_tokenizer.py

Needs tokenizers. Writes Tests/TransformerTests/Reference/tokenizer.json:

  training   texts, the vocabulary's size and special tokens, and the merges that
             BpeTrainer learns from them (byte-level, GPT-2's expression)
  tokenizer  the tokenizer.json of that training
  texts      what is encoded: contractions, digits, runs of white space, emoji,
             letters of many scripts, combining marks, unassigned characters,
             names of special tokens, then mixtures of all these, drawn at random
  cases      for each way of cutting text into words, the fields of tokenizer.json
             to replace, and the ids of every text, without post-processor
  added      tokens found before and after normalisation, and texts with them
"""
import json
import pathlib
import random

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

SPECIAL = ["<|endoftext|>", "<|user|>", "<|end|>"]
VOCABULARY = 700

CORPUS = [
    "The quick brown fox jumps over the lazy dog. It's what they've said; we'll see, "
    "I'm sure you'd agree that he's right and they're not.\n\n",
    "def encode(text):\n    tokens = []\n    for word in text.split():\n"
    "        tokens.append(word)\n    return tokens\n\n\nclass Model:\n    pass\n",
    "In 1984, 2001 and 2024 there were 365 or 366 days; 3.14159 is not 22/7. $1,000,000!\n",
    "Zażółć gęślą jaźń. Größe, Straße, Übermut. Où est l'été à Málaga, señor? Ελληνικά: "
    "η γλώσσα. Русский язык и его слова. 日本語のテキストと漢字。中文文本。한국어 텍스트. "
    "עברית ערבית العربية हिन्दी ไทย\n",
    "Human: Please help me.\n\nAssistant: Of course! What would you like to know?\n\n"
    "Human: Nothing.\n\nAssistant: All right.\n\n",
    "aaaaaaaaaaaaaaaa abababababab the theme therefore then there these thesis 🙂🙂🙃 👍🏽 👩‍👩‍👧\n",
]

GPT2 = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
PLAIN = {**GPT2, "use_regex": False}
LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")
GPT2_EXPRESSION = (
    r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+")


def split(expression, behavior="Isolated", invert=False):
    step = {
        "type": "Split", "pattern": {"Regex": expression}, "behavior": behavior,
        "invert": invert,
    }
    return {"type": "Sequence", "pretokenizers": [step, PLAIN]}


DIGITS = {
    "type": "Sequence",
    "pretokenizers": [{"type": "Digits", "individual_digits": True}, GPT2],
}

CASES = {
    "gpt2": {},
    "gpt2 in a Split": {"pre_tokenizer": split(GPT2_EXPRESSION)},
    "gpt2 with prefix space": {"pre_tokenizer": {**GPT2, "add_prefix_space": True}},
    "llama 3": {"pre_tokenizer": split(LLAMA3)},
    "llama 3, matches kept": {"pre_tokenizer": split(LLAMA3, "Removed", True)},
    "llama 3, ignoring merges": {"pre_tokenizer": split(LLAMA3), "ignore_merges": True},
    "qwen 2 with NFC": {"pre_tokenizer": split(QWEN2), "normalizer": {"type": "NFC"}},
    "digits then gpt2": {"pre_tokenizer": DIGITS},
    "no expression": {"pre_tokenizer": PLAIN},
}

TEXTS = [
    "", " ", "  ", "\n", "a", " a", "  a", "   a", "a ", "a  ", "a\n", "\n\na", " \n a", "a \n\n b",
    "a\r\nb\r\n", "\t\tx", "x\t y", "\u00a0x", " \u00a0x", "x\u3000y", "\u2028x\u2029", "\x85y", "\u200bx",
    "it's", "IT'S", "It'S we'LL they'Re I'vE 'd'D'm'M", "'s", "''s", " 's", "a's'", "'", "'x", "'re've'll",
    "'r", "'l", "l'l", "'\u017f x'\u017f", "don\u2019t", "rock'n'roll", "'tis", "'sat",
    "1", "12", "123", "1234", "12345678901", " 1 2", "a1b2", "1a", "3.14", "1,000", "\u00bd\u00b2\u2167\u0664\u0967", "\u4e00\u4e8c\u4e09123",
    "!", "!!", " !", " !!\n\n", "?!\r\n\r\n  x", "...", "a...b", "--a", " -a", "(a)", "a_b", "@a #b", "$5", "/a/b", "\\n",
    "\U0001f642", "\U0001f642\U0001f643 \U0001f44d\U0001f3fd", "\U0001f469\u200d\U0001f469\u200d\U0001f467", "e\u0301", "\u00e9", "x\u0301\u0302", "\u0301", " \u0301a", "\u1100\u1161\u11a8", "\uac01",
    "\u212b\u00c5A\u030a", "\ufb01", "\u0958", "\u2126\u03a9", "\u0344",
    "Stra\u00dfe \u00dcber", "\u0420\u0443\u0441\u0441\u043a\u0438\u0439", "\u65e5\u672c\u8a9e\u3067\u3059\u3002", "\u0e44\u0e17\u0e22\u0e18", "\u05e2\u05d1\u05e8\u05d9\u05ea", "\u0939\u093f\u0928\u094d\u0926\u0940", "\U00020000\U0002a6d6", "\U0001d400\U0001d7ce",
    "\u088f", "\u0378", "\ue000", "\U0010ffff", "\ufeffa", "\ufffd", "\x00", "a\x00b", "\x7f", "\u0080", "\u07ff\u0800\uffff\U00010000",
    "<|user|>hi<|end|>", "<|user|", "<|us<|user|>er|>", " <|end|> ", "<|endoftext|><|endoftext|>", "x<|end|>\n\n<|user|>y",
    "<|User|>", "<|end|", "a<|end|>b", "Ġhello", "Ċ", "hello\u0120world",
    "a" * 60, "a" * 200, "ab" * 100, "the" * 40, "x" * 63 + " " + "x" * 64 + " " + "x" * 65, "ae" * 30 + "\u00e9" * 30,
    " " * 70, "\n" * 70, "=" * 100, "1" * 50,
    CORPUS[0], CORPUS[1], CORPUS[3],
]

FRAGMENTS = [
    " ", "  ", "\n", "\r\n", "\t", "\u00a0", "\u3000", "'s", "'S", "'ll", "'", "a", "the", "There", "I",
    "1", "42", "2024", "\u00bd", ".", ",", "!!", "<|user|>", "<|end|>", "<|", "|>", "\u00e9", "e\u0301", "\u0301",
    "\u65e5\u672c", "\U0001f642", "\u200d", "\u0430", "\u017f", "=", "-", "_", "(", ")", "\U00010400", "\u0664",
]


def mixtures():
    generator = random.Random(20240601)
    for _ in range(250):
        yield "".join(generator.choice(FRAGMENTS) for _ in range(generator.randint(2, 14)))


def train():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY, special_tokens=SPECIAL, show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(CORPUS, trainer)
    return json.loads(tokenizer.to_str())


def ids(description, texts):
    tokenizer = Tokenizer.from_str(json.dumps(description))
    return [tokenizer.encode(text, add_special_tokens=False).ids for text in texts]


def main():
    description = train()
    texts = TEXTS + list(mixtures())
    cases = []
    for name, fields in CASES.items():
        changed = json.loads(json.dumps(description))
        for field, value in fields.items():
            if field == "ignore_merges":
                changed["model"][field] = value
                # A word that no merges make, so that the flag shows.
                changed["model"]["vocab"]["\u0120therefore!"] = VOCABULARY
                changed["model"]["vocab"]["2024"] = VOCABULARY + 1
                changed["model"]["vocab"]["It"] = changed["model"]["vocab"].get("It", VOCABULARY + 2)
                changed["model"]["vocab"]["xyxy"] = VOCABULARY + 3
                changed["model"]["vocab"]["\u0120There"] = changed["model"]["vocab"].get("\u0120There", VOCABULARY + 4)
            else:
                changed[field] = value
        entry = {"name": name, "fields": fields, "ids": ids(changed, texts)}
        if fields.get("ignore_merges"):
            entry["vocab"] = changed["model"]["vocab"]
        cases.append(entry)

    added = json.loads(json.dumps(description))
    added["normalizer"] = {"type": "NFC"}
    for offset, (content, special, normalized) in enumerate([
        ("<x>", True, False), ("<x>y", True, False), ("caf\u00e9", False, True),
        ("    ", False, False), ("<n>", False, True),
    ]):
        added["added_tokens"].append({
            "id": VOCABULARY + offset, "content": content, "single_word": False,
            "lstrip": False, "rstrip": False, "normalized": normalized, "special": special,
        })
    added_texts = [
        "<x>", "<x>y", "a<x>yz<x>", "cafe\u0301 caf\u00e9", "<n>\u0338<x>\u0338", "a     b", "        c",
        "<<x>>", "<n><x><n>", "cafe", "caf<x>\u00e9",
    ]
    result = {
        "training": {
            "texts": CORPUS, "vocabulary_size": VOCABULARY, "special_tokens": SPECIAL,
            "merges": [" ".join(merge) for merge in description["model"]["merges"]],
        },
        "tokenizer": description, "texts": texts, "cases": cases,
        "added": {"tokenizer": added, "texts": added_texts, "ids": ids(added, added_texts)},
    }
    folder = pathlib.Path(__file__).parents[2] / "Tests/TransformerTests/Reference"
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(result, ensure_ascii=True, separators=(",", ":"))
    (folder / "tokenizer.json").write_text(text + "\n")
    print(len(texts), "texts,", len(cases), "cases,", len(text), "bytes")


if __name__ == "__main__":
    main()
