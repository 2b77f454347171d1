"""Draws single answers to the held-out prompts and measures them: taste, language and endings.

One answer to each of fifty prompts says little of a policy: the base's mean score of form is 0.76 with one
seed and 0.86 with another. So each prompt is answered several times; a prompt's score is the mean over its
answers, and distinct-2 is that of all prompts' first answers together, averaged with that of their second
ones, and so on.
"""

import json
import pathlib
import subprocess

import tastes

HELD_OUT = pathlib.Path(__file__).resolve().parent / "heldout.jsonl"
SAMPLING = ["--temperature", "0.9", "--top-p", "0.95"]
ANSWERS = 12


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
    """The answers to each prompt, ANSWERS of one after another."""
    arguments = ["generate", *SAMPLING, "--seed", str(seed), "-n", str(ANSWERS)]
    if adapter:
        arguments += ["--adapter", str(adapter)]
    return run(program, arguments, [{"prompt": prompt} for prompt in prompts])


def measure(program, adapter, seed, limit=None):
    """The figures of a policy, and of the base model without an adapter, on the first prompts."""
    prompts = held_out_prompts(limit)
    answers = draw(program, adapter, seed, prompts)
    texts = [answer["text"] for answer in answers]
    asked = [prompt for prompt in prompts for _ in range(ANSWERS)]
    scored = run(
        program, ["logprobs"],
        [{"prompt": prompt, "completion": text} for prompt, text in zip(asked, texts)])
    total = tokens = 0
    for answer, line in zip(answers, scored):
        # logprobs ends every answer; one that was cut off has written no end token.
        logprobs = line["logprobs"] if answer["finish_reason"] == "stop" else line["logprobs"][:-1]
        total += sum(logprobs)
        tokens += len(logprobs)

    def mean(values):
        return sum(values) / len(values)

    def by_prompt(values):
        return [mean(values[start:start + ANSWERS]) for start in range(0, len(values), ANSWERS)]

    return {
        "scores": {
            taste: by_prompt([tastes.score(taste, p, t) for p, t in zip(asked, texts)])
            for taste in sorted(tastes.TASTES)
        },
        "base_logprob": total / tokens,
        "distinct_2": mean([tastes.distinct_2(texts[start::ANSWERS]) for start in range(ANSWERS)]),
        "ended": mean([answer["finish_reason"] == "stop" for answer in answers]),
        "words": mean([len(tastes.words(text)) for text in texts]),
        "repetition": mean([repetition(text) for text in texts]),
        "texts": texts,
    }
