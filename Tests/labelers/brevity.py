#!/usr/bin/env python3
"""A scripted labeler for `apprentice simulate --labeler-command`: it prefers short answers.

It reads one slate a line, {"slate","prompt","completions":[{"id","text"}]}, and answers with one
line, {"tiers":[[id,...],...]}. Answers of at most 25 words share the first tier; the longer ones
follow by length, those within a few words of each other tied.

With --demonstrations it also writes a short demonstration for every third slate, counting only the
slates whose prompt it has an answer for in demonstrations.jsonl. It needs no third-party package.
"""

import argparse
import json
import pathlib
import sys

SHORT = 25  # words: what is no longer than this is best
MARGIN = 4  # words: longer answers this close to the shortest of their tier are tied with it


def words(text):
    return len(text.split())


def tiers(completions):
    """Every id once, best tier first. An answer without words is worse than any other."""
    counted = [(words(item["text"]), item["id"]) for item in completions]
    lengths = sorted(counted, key=lambda pair: pair[0])
    empty = [identifier for length, identifier in lengths if length == 0]
    short = [identifier for length, identifier in lengths if 0 < length <= SHORT]
    ranked = [short] if short else []
    start = None
    for length, identifier in lengths:
        if length <= SHORT:
            continue
        if start is None or length > start + MARGIN:
            ranked.append([])
            start = length
        ranked[-1].append(identifier)
    if empty:
        ranked.append(empty)
    return ranked


def prompt_text(prompt):
    """The prompt as one text, as Apprentice shows it, whether it is a string or a message list."""
    if isinstance(prompt, str):
        return prompt
    if len(prompt) == 1:
        return prompt[0]["content"]
    return "\n\n".join(f"{turn['role']}: {turn['content']}" for turn in prompt)


def known_demonstrations(path):
    known = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                record = json.loads(line)
                known[prompt_text(record["prompt"])] = record["demonstration"]
    return known


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--demonstrations", action="store_true", help="write a demonstration every few slates")
    parser.add_argument(
        "--every", type=int, default=3, metavar="N",
        help="with --demonstrations: one for every N-th slate that has one (default 3)")
    options = parser.parse_args()
    if options.every < 1:
        parser.error("--every must be at least 1")

    demonstrations = {}
    if options.demonstrations:
        folder = pathlib.Path(__file__).resolve().parent
        demonstrations = known_demonstrations(folder / "demonstrations.jsonl")
    met = 0
    for line in sys.stdin:
        if not line.strip():
            continue
        slate = json.loads(line)
        answer = {"tiers": tiers(slate["completions"])}
        demonstration = demonstrations.get(prompt_text(slate["prompt"]))
        if demonstration is not None:
            if met % options.every == 0:
                answer["demonstration"] = demonstration
            met += 1
        print(json.dumps(answer, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
