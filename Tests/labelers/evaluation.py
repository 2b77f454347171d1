"""Draws single answers to the held-out prompts and measures them: taste, language and endings."""

import json
import pathlib
import subprocess

import tastes

HELD_OUT = pathlib.Path(__file__).resolve().parent / "heldout.jsonl"
SAMPLING = ["--temperature", "0.9", "--top-p", "0.95"]


def run(program, arguments, records):
    lines = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    result = subprocess.run(
        [program, *arguments, "--json"], input=lines, stdout=subprocess.PIPE, text=True, check=True)
    return [json.loads(line) for line in result.stdout.splitlines()]


def held_out_prompts(limit=None):
    with open(HELD_OUT, encoding="utf-8") as lines:
        return [json.loads(line)["text"] for line in lines if line.strip()][:limit]


def repetition(text):
    """The share of groups of four neighbouring words that stood in the text before."""
    tokens = tastes.words(text.lower())
    groups = list(zip(*(tokens[start:] for start in range(4))))
    return 1 - len(set(groups)) / len(groups) if groups else 0.0


def draw(program, adapter, seed, prompts):
    arguments = ["generate", *SAMPLING, "--seed", str(seed)]
    if adapter:
        arguments += ["--adapter", str(adapter)]
    return run(program, arguments, [{"prompt": prompt} for prompt in prompts])


def measure(program, adapter, seed, limit=None):
    """The figures of a policy, and of the base model without an adapter, on the first prompts."""
    prompts = held_out_prompts(limit)
    answers = draw(program, adapter, seed, prompts)
    texts = [answer["text"] for answer in answers]
    scored = run(
        program, ["logprobs"],
        [{"prompt": prompt, "completion": text} for prompt, text in zip(prompts, texts)])
    total = tokens = 0
    for answer, line in zip(answers, scored):
        # logprobs ends every answer; one that was cut off has written no end token.
        logprobs = line["logprobs"] if answer["finish_reason"] == "stop" else line["logprobs"][:-1]
        total += sum(logprobs)
        tokens += len(logprobs)
    return {
        "scores": {
            taste: [tastes.score(taste, p, t) for p, t in zip(prompts, texts)]
            for taste in sorted(tastes.TASTES)
        },
        "base_logprob": total / tokens,
        "distinct_2": tastes.distinct_2(texts),
        "ended": sum(answer["finish_reason"] == "stop" for answer in answers) / len(answers),
        "words": sum(len(tastes.words(text)) for text in texts) / len(texts),
        "repetition": sum(map(repetition, texts)) / len(texts),
        "texts": texts,
    }
