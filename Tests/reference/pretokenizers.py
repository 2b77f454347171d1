"""Makes Fixtures/pretokenizers.json: a small byte-level BPE for each pre-tokenizer, trained on the
shipped prompts, and the ids that PyPI's tokenizers gives for texts that are hard to cut. Needs
tokenizers. Usage: pretokenizers.py FILE [RANDOM TEXTS]"""
import glob
import json
import random
import sys

from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers

LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}%s| ?[^\s\p{L}\p{N}]+[\r\n]*"
          r"|\s*[\r\n]+|\s+(?!\S)|\s+")


def split(pattern):
    return pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(pattern), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


PRETOKENIZERS = {
    "smollm": pre_tokenizers.Sequence([
        pre_tokenizers.Digits(individual_digits=True),
        pre_tokenizers.ByteLevel(add_prefix_space=False)]),
    "gpt-2": pre_tokenizers.ByteLevel(add_prefix_space=False),
    "llama-bpe": split(LLAMA3 % "{1,3}"),
    "qwen2": split(LLAMA3 % ""),
}

TEXTS = [
    "", " ", "  ", "\n", "\r\n", "\t", "Hello, world!", "it's 'tis DON'T we'VE I'll he'D 'Re 'sx 'l",
    "1", "12", "123", "1234", "1234567 89", " 12", "  12", "a1b22c333", "3.14159", "½x³Ⅷ٣ ١٢٣٤",
    "trailing  ", "trailing \n", "a  b   c", "  leading", "\tif x:\n\t\treturn  y\n\n\n", "a\n\n b", "a \n \n b",
    "a\r\nb\rc\n\r\n  d", "x\u00a0y\u2003z\u3000w", "\u0085\u2028 \u2029.", "!?\n\n...\r\n", " !?a ...b", "«a» “b” ‘c’",
    "(text)_text-text/text", "#include <x>\n{\n  int a = 10;\n}", "café cafe\u0301 naïve Ångström", "नमस्ते दुनिया",
    "日本語のテキスト。漢字", "你好，世界！ 123個", "Привет, мир", "שָׁלוֹם عَرَبِيّ", "👍🏽👩‍👩‍👧‍👦🇩🇪 🙂x", "é̂́", "x\u200by\u200d\ufeff",
    "<|im_end|>", "www.example.org/~a?b=c&d=%20", "'", "''", "'s", "\n's", " 's", "’s", "a'", "'\n", "-\n-", ".\n \n.",
    "\u01c5 ª º ⅷ ೨", "\u0345\u0903", "a\x00b\x1c\x1dc", "\x0b\x0c x", "_x", "__x\n", "\u00adx", "\U0001d400\U0001d7d8",
    "the quick brown fox, the lazy dog", "x'\u017fab",
]

# What random texts are made of.
PIECES = list("aZés'tTrRvVeEmMlLdD 0129.!-_\n\r\t") + [
    "  ", "\n\n", "\r\n", "\u00a0", "\u3000", "\u0301", "½", "漢", "👍", "\u2028", "'s", "'LL", "Ж", "\u200d", "the", " and"]


def texts(count):
    source = random.Random(1)
    return TEXTS + ["".join(source.choices(PIECES, k=source.randint(2, 24))) for _ in range(count)]


def corpus():
    for path in sorted(glob.glob("prompts/*.jsonl")):
        with open(path) as file:
            for line in file:
                record = json.loads(line)
                yield record.get("text") or "\n".join(turn["content"] for turn in record["messages"])
    yield from TEXTS * 3


result = {}
for name, pre_tokenizer in PRETOKENIZERS.items():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.train_from_iterator(corpus(), trainers.BpeTrainer(
        vocab_size=480, show_progress=False,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet())))
    model = json.loads(tokenizer.to_str())["model"]
    vocabulary, merges = model["vocab"], [tuple(merge) for merge in model["merges"]]
    # Llama 3 takes a word that is in the vocabulary whole. Some must need that: merges cannot make
    # them any more.
    unmade = [merge for merge in merges if len("".join(merge)) > 3][:12]
    merges = [merge for merge in merges if merge not in unmade]
    tokenizer.model = models.BPE(vocab=vocabulary, merges=merges, ignore_merges=name == "llama-bpe")
    result[name] = {
        "vocabulary": sorted(vocabulary, key=vocabulary.get),
        "merges": [" ".join(merge) for merge in merges],
        "cases": [{"text": text, "ids": tokenizer.encode(text).ids}
                  for text in texts(int(sys.argv[2]) if len(sys.argv) > 2 else 40)],
    }

with open(sys.argv[1], "w") as file:
    json.dump(result, file, separators=(",", ":"))
    file.write("\n")
